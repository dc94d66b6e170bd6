import { frozenCopy } from '../../base/frozen.ts';
import type { PhaseName } from '../../run/events.ts';
import type { SoarContext } from './events.ts';

const stopped = <P extends PhaseName>(phase: P) =>
  ({ target: '#soar.cancelled', actions: { type: 'recordPhase', params: { phase } } }) as const;

/** Keeps what an actor gave. */
export const kept = <K extends keyof SoarContext>(as: K) =>
  ({
    type: 'keep',
    params: ({ event }: { event: { output: SoarContext[K] } }) =>
      ({ [as]: frozenCopy(event.output) }) as Partial<SoarContext>,
  }) as const;

/** Assigns and reports the result of a completed phase. */
export const completed = <P extends PhaseName, K extends keyof SoarContext>(phase: P, as: K) =>
  [kept(as), { type: 'recordPhase', params: { phase } }, { type: 'announceDone', params: { phase } }] as const;

/** A phase that failed breaks the run. */
export const failedIn = <P extends PhaseName>(phase: P) =>
  ({
    target: '#soar.failed',
    actions: [
      { type: 'recordPhase', params: { phase } },
      {
        type: 'notePhaseError',
        params: ({ event }: { event: { error: unknown } }) => ({ phase, error: event.error }),
      },
    ],
  }) as const;

/** States of a phase: working by itself, or waiting for an agent, whose attempt is never lost. */
export const phaseModes = <P extends PhaseName>(phase: P) =>
  ({
    initial: 'thinking',
    states: {
      thinking: { on: { 'phase.asking': 'asking' } },
      asking: {
        on: {
          'phase.idle': 'thinking',
          'budget.spent': { actions: { type: 'skipCalls', params: { phase } } },
          'run.cancel': { target: 'cancelling', actions: ['noteReason', { type: 'sendToPhase', params: { phase } }] },
        },
      },
      // Left only when the phase has ended, which waits for its attempts: stopping it would lose them.
      cancelling: {
        on: {
          'run.cancel': {},
          [`xstate.done.actor.${phase}`]: stopped(phase),
          [`xstate.error.actor.${phase}`]: stopped(phase),
        },
      },
    },
  }) as const;
