import { describe, expect, it } from 'vitest';
import { type AnyActorLogic, type AnyActorRef, createActor, setup, toPromise } from 'xstate';
import type { BreakerReply } from '../../src/machines/breaker/events.ts';
import {
  breakerMachine,
  collectMachine,
  gateMachine,
  soarMachine,
  taskMachine,
  waveMachine,
} from '../../src/machines/index.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { ear } from '../support/ear.ts';

const task = { id: 'a', prompt: 'hello' };

interface Life {
  clock: VirtualClock;
  actor: AnyActorRef;
  calls: () => number;
  errors: Error[];
}

const MACHINES: { machine: AnyActorLogic & { id: string }; inputOf: (agent: () => string) => object }[] = [
  { machine: taskMachine, inputOf: (agent) => ({ task, agent }) },
  { machine: waveMachine, inputOf: (main) => ({ tasks: [task], agents: { main } }) },
  { machine: collectMachine, inputOf: (main) => ({ plan: { tasks: [task] }, engine: { agents: { main } } }) },
  { machine: soarMachine, inputOf: (main) => ({ query: 'Why?', engine: { agents: { main } } }) },
];

/** Starts an actor whose agent answers never, or at once. */
function born(at: (typeof MACHINES)[number], answers: boolean, snapshot?: unknown): Life {
  const clock = new VirtualClock();
  let count = 0;
  const agent = () => {
    count += 1;
    return answers ? 'ok' : (new Promise<string>(() => {}) as never);
  };
  const restored = snapshot === undefined ? {} : { snapshot };
  const actor = createActor(at.machine, { clock, input: at.inputOf(agent), ...restored } as never) as AnyActorRef;
  const errors: Error[] = [];
  actor.subscribe({ error: (error: unknown) => errors.push(error as Error) });
  actor.start();
  return { clock, actor, calls: () => count, errors };
}

/** Stops an actor and starts it again, as React's StrictMode and Activity do by way of @xstate/react. */
function restarted({ actor, errors }: Life): void {
  type Inner = { _snapshot: unknown; _processingStatus: number; observers: Set<unknown> };
  const kept: [AnyActorRef, unknown][] = [];
  const keep = (ref: AnyActorRef) => {
    kept.push([ref, ref.getSnapshot()]);
    (ref as unknown as Inner).observers = new Set();
    for (const child of Object.values((ref.getSnapshot() as { children?: object }).children ?? {})) keep(child);
  };
  keep(actor);
  (actor as unknown as { stop(): void }).stop();
  for (const [ref, snapshot] of kept) Object.assign(ref, { _processingStatus: 0, _snapshot: snapshot });
  actor.subscribe({ error: (error: unknown) => errors.push(error as Error) });
  actor.start();
}

describe('an actor that is stopped and started again', () => {
  for (const at of MACHINES) {
    it(`begins anew while no agent was asked: ${at.machine.id}`, async () => {
      const life = born(at, true);
      restarted(life);
      await life.clock.settle(toPromise(life.actor as never));
      expect(life.calls()).toBe(1);
      expect(JSON.stringify(life.actor.getSnapshot().output)).toContain('succeeded');
    });

    it(`refuses, and names the journal, once an agent was asked: ${at.machine.id}`, async () => {
      const life = born(at, false);
      await life.clock.advance(1);
      expect(life.calls()).toBe(1);
      restarted(life);
      expect(life.errors[0]?.message).toContain('soar.resume(runId)');
      expect(life.actor.getSnapshot().status).toBe('error');
    });
  }
});

describe('a persisted snapshot', () => {
  for (const at of MACHINES) {
    for (const asJson of [false, true]) {
      it(`of a machine under way is refused, and the journal is named: ${at.machine.id}${asJson ? ', as JSON' : ''}`, async () => {
        const first = born(at, false);
        await first.clock.advance(1);
        const kept = (first.actor as unknown as { getPersistedSnapshot(): unknown }).getPersistedSnapshot();
        const life = born(at, true, asJson ? JSON.parse(JSON.stringify(kept)) : kept);
        expect(life.errors[0]?.message).toContain('soar.resume(runId)');
        await life.clock.advance(1);
        expect(life.calls()).toBe(0);
      });
    }

    it(`of a machine that is done gives its output: ${at.machine.id}`, async () => {
      const first = born(at, true);
      const output = await first.clock.settle(toPromise(first.actor as never));
      const kept = (first.actor as unknown as { getPersistedSnapshot(): unknown }).getPersistedSnapshot();
      const life = born(at, true, JSON.parse(JSON.stringify(kept)));
      expect(life.errors).toEqual([]);
      expect(life.actor.getSnapshot()).toMatchObject({ status: 'done', output });
    });
  }

  it('of a machine inside that of a user fails that child, so the user’s machine continues', async () => {
    const parent = setup({ actors: { ask: soarMachine } }).createMachine({
      initial: 'asking',
      states: {
        asking: {
          invoke: {
            id: 'ask',
            src: 'ask',
            input: { query: 'Why?', engine: { agents: { main: () => new Promise<string>(() => {}) } } },
            onError: 'lost',
          },
        },
        lost: {},
      },
    });
    const first = createActor(parent).start();
    const kept = JSON.parse(JSON.stringify(first.getPersistedSnapshot()));
    first.stop();
    expect(createActor(parent, { snapshot: kept }).start().getSnapshot().value).toBe('lost');
  });

  it('of a breaker continues: open until its time, half-open with another probe', async () => {
    const clock = new VirtualClock();
    const input = { agentId: 'a' };
    const first = createActor(breakerMachine, { clock, input }).start();
    for (let n = 0; n < 20; n += 1)
      first.send({ type: 'permit.return', permitId: `${n}`, result: 'failure', kind: 'exit', at: clock.now() });
    expect(first.getSnapshot().value).toBe('open');
    const kept = JSON.parse(JSON.stringify(first.getPersistedSnapshot()));
    const second = createActor(breakerMachine, { clock, snapshot: kept, input }).start();
    await clock.advance(10 * 60_000);
    expect(second.getSnapshot().matches('halfOpen')).toBe(true);
    second.send({ type: 'permit.request', requestId: 'r', ref: ear<BreakerReply>(clock).ref });
    const probing = JSON.parse(JSON.stringify(second.getPersistedSnapshot()));
    const third = createActor(breakerMachine, { clock, snapshot: probing, input }).start();
    expect(third.getSnapshot().value).toEqual({ halfOpen: 'ready' });
  });

  it('of a gate is refused', () => {
    const gate = createActor(gateMachine, { input: {} }).start();
    const errors: Error[] = [];
    const next = createActor(gateMachine, { input: {}, snapshot: gate.getPersistedSnapshot() as never });
    next.subscribe({ error: (error) => errors.push(error as Error) });
    next.start();
    expect(errors[0]?.message).toContain('soar.resume(runId)');
  });
});
