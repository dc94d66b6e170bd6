import type { RunRecord } from './record-run.ts';

interface Verdict {
  pass: boolean;
  message: () => string;
}

/** The matchers of {@link traceMatchers} as an assertion has them, to be merged into vitest's own types. */
export interface TraceMatchers<R = unknown> {
  /** The task went through these states in this order, others between them or not. `done` is its settlement. */
  toHaveVisited(taskId: string, states: readonly string[]): R;
  /** Each of these tasks, by default each task of the run, settled exactly once. */
  toHaveSettledOnce(taskIds?: readonly string[]): R;
  /** At no time were more attempts in flight, of one agent or of all. */
  toNeverExceed(limit: number, only?: { agentId?: string }): R;
}

/** The states a task went through, in order; `done` stands for its settlement. */
export function statesOf(record: RunRecord, taskId: string): string[] {
  return eventsOf(record).flatMap((event) => {
    if (event.type === 'task.state' && event.taskId === taskId) return [event.state];
    return event.type === 'task.settled' && event.outcome.taskId === taskId ? ['done'] : [];
  });
}

/** Most attempts in flight at a time. */
export function peakOf(record: RunRecord, { agentId }: { agentId?: string } = {}): number {
  let running = 0;
  let peak = 0;
  for (const event of eventsOf(record)) {
    if (event.type !== 'attempt.started' && event.type !== 'attempt.ended') continue;
    if (agentId !== undefined && event.agentId !== agentId) continue;
    running += event.type === 'attempt.started' ? 1 : -1;
    peak = Math.max(peak, running);
  }
  return peak;
}

/**
 * Matchers over a recorded run, for `expect.extend` of vitest or jest.
 *
 * @example
 * expect.extend(traceMatchers);
 * const record = recordRun(soar.run(plan));
 * await clock.runAll();
 * expect(record).toHaveSettledOnce(['a', 'b']);
 * expect(record).toNeverExceed(2, { agentId: 'claude' });
 */
export const traceMatchers = {
  toHaveVisited(record: RunRecord, taskId: string, states: readonly string[]): Verdict {
    const visited = statesOf(record, taskId);
    let place = 0;
    for (const state of visited) if (state === states[place]) place += 1;
    const pass = place === states.length;
    const message = () =>
      `Expected task ${taskId} ${pass ? 'not ' : ''}to go through ${states.join(' → ')}; ${visited.length > 0 ? `it went through ${visited.join(' → ')}` : `the record does not contain it, only ${recordedTasks(record).join(', ') || 'no task at all'}`}.`;
    return { pass, message };
  },
  toHaveSettledOnce(record: RunRecord, taskIds?: readonly string[]): Verdict {
    const counts = new Map<string, number>((taskIds ?? recordedTasks(record)).map((id) => [id, 0]));
    for (const event of eventsOf(record)) {
      if (event.type !== 'task.settled') continue;
      const { taskId } = event.outcome;
      if (taskIds === undefined || counts.has(taskId)) counts.set(taskId, (counts.get(taskId) ?? 0) + 1);
    }
    const wrong = [...counts].filter(([, count]) => count !== 1).map(([id, count]) => `${id} settled ${count} times`);
    const message = () =>
      wrong.length > 0
        ? `Expected every task to settle exactly once: ${wrong.join(', ')}.`
        : `Expected some of ${[...counts.keys()].join(', ')} not to settle exactly once.`;
    return { pass: wrong.length === 0, message };
  },
  toNeverExceed(record: RunRecord, limit: number, only: { agentId?: string } = {}): Verdict {
    const peak = peakOf(record, only);
    const whose = only.agentId === undefined ? '' : ` of agent ${only.agentId}`;
    const pass = peak <= limit;
    const message = () =>
      `Expected ${pass ? 'more than ' : ''}${limit} attempts${whose} in flight${pass ? '' : ' at most'}; there were ${peak}.`;
    return { pass, message };
  },
};

/** The matchers of {@link traceMatchers} as methods, each giving the assertion again, and their opposites. */
export interface TraceAssertion extends TraceMatchers<TraceAssertion> {
  readonly not: TraceAssertion;
}

/**
 * The same matchers without `expect`, for `node:test` and other runners, or in a program.
 *
 * @throws When the record is not as said, with what it is instead.
 * @example
 * const record = recordRun(soar.run(plan));
 * await clock.runAll();
 * assertTrace(record).toHaveSettledOnce().toNeverExceed(2).not.toHaveVisited('a', ['cooling']);
 */
export function assertTrace(record: RunRecord): TraceAssertion {
  return asserting(record, true);
}

function asserting(record: RunRecord, expected: boolean): TraceAssertion {
  const assertion: TraceAssertion = {
    get not() {
      return asserting(record, !expected);
    },
    toHaveVisited: (...args) => judged(traceMatchers.toHaveVisited(record, ...args)),
    toHaveSettledOnce: (...args) => judged(traceMatchers.toHaveSettledOnce(record, ...args)),
    toNeverExceed: (...args) => judged(traceMatchers.toNeverExceed(record, ...args)),
  };
  const judged = ({ pass, message }: Verdict): TraceAssertion => {
    if (pass !== expected) throw new Error(message());
    return asserting(record, true);
  };
  return assertion;
}

/** The events of a record. Throws for other values, such as the handle of a run. */
function eventsOf(record: RunRecord): RunRecord['events'] {
  if (Array.isArray(record?.events)) return record.events;
  throw new Error('Expected what `recordRun(run)` gives: a record of the events of a run.');
}

function recordedTasks(record: RunRecord): string[] {
  const ids = eventsOf(record).flatMap((event) => {
    if (event.type === 'plan.compiled') return event.waves.flat();
    return event.type === 'task.state' ? [event.taskId] : [];
  });
  return [...new Set(ids)];
}
