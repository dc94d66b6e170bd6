import type { Expenses } from '../../run/expenses.ts';
import type { CollectSettings } from '../../run/settings.ts';
import type { Addressee } from '../../xstate/messaging.ts';
import type { GateNotice, RunOpened } from './events.ts';

interface Opening {
  runId: string;
  settings: CollectSettings;
  /** When the budget of time is spent, epoch milliseconds; null without one. */
  budgetAt: number | null;
  resumed: { spent: Expenses; lastStartAt: number | null } | undefined;
  /** Receives the notices of the gate. */
  ref: Addressee<GateNotice>;
  now: number;
}

/** Builds the event that opens a run at the gate. The gate counts time from now; the run may have begun before, or elsewhere. */
export function openedRun({ runId, settings, budgetAt, resumed, ref, now }: Opening): RunOpened {
  const { maxConcurrent, staggerMs, budget } = settings;
  return {
    type: 'run.opened',
    runId,
    maxConcurrent,
    staggerMs,
    budget: budgetAt === null ? budget : { ...budget, timeMs: budgetAt - now },
    ...(resumed ? { spent: resumed.spent, lastStartAt: resumed.lastStartAt } : {}),
    ref,
  };
}
