import type { ActorLogic, EventObject, Snapshot } from 'xstate';
import type { Services } from '../../src/actors/services.ts';
import { resolveAgents } from '../../src/agents/resolve.ts';
import { GATE_LIMITS } from '../../src/machines/gate/machine.ts';
import { unstartedReport } from '../../src/machines/wave/logic.ts';
import type { Task } from '../../src/plan/types.ts';
import type { TaskReport } from '../../src/run/task-report.ts';
import type { TaskStatus } from '../../src/types/task.ts';

/** Somewhere to send to. XState's own sending goes by `_send`. */
export function addressee() {
  const sent: EventObject[] = [];
  const take = (event: EventObject) => {
    sent.push(event);
  };
  return { sent, send: take, _send: take };
}

/** What a run shares with others, with nothing behind it. */
export function fakeServices({ isSpent = false }: { isSpent?: boolean } = {}): Services {
  const breaker = addressee();
  return {
    gate: addressee(),
    executor: addressee(),
    engine: addressee(),
    agents: resolveAgents({ a: () => '', b: () => '' }),
    breakerOf: () => breaker,
    breakerMetrics: () => null,
    answers: null,
    isSpent: () => isSpent,
    limits: GATE_LIMITS,
    random: () => 0.5,
    killGraceMs: 5000,
  };
}

/** Stands in for a roster: takes everything, and breaks on request. */
export const fakeRoster: ActorLogic<Snapshot<undefined>, EventObject> = {
  getInitialSnapshot: () => ({ status: 'active', output: undefined, error: undefined }),
  transition: (snapshot, event) =>
    event.type === 'roster.break'
      ? { status: 'error', output: undefined, error: new Error('the roster broke') }
      : snapshot,
  getPersistedSnapshot: (snapshot) => snapshot,
};

export function fakeTask(id: string, rest: Partial<Task> = {}): Task {
  const spec = { id, prompt: `Do ${id}`, agent: 'a' };
  return { ...spec, index: 0, dependsOn: [], dependents: [], wave: 1, critical: false, spec, ...rest };
}

export function fakeReport(task: Task, status: TaskStatus): TaskReport {
  const error = status === 'succeeded' ? null : { kind: 'transient' as const, message: 'It failed.' };
  return unstartedReport(task, status, error, 0);
}
