import { createSoar } from '../../src/create-soar.ts';
import type { Plan, TaskSpec } from '../../src/plan/types.ts';
import type { PolicyInput } from '../../src/policy/policy.ts';
import type { RunEvent } from '../../src/run/events.ts';
import type { RunResult } from '../../src/run/result.ts';
import type { RunHandle } from '../../src/run-handle.ts';
import type { RunOptions, Soar, SoarOptions } from '../../src/soar-types.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import type { TaskOutcome } from '../../src/types/task.ts';

type Of<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;

/** A run with all its events, for assertions on what is outwardly visible. */
export interface Watched {
  run: RunHandle;
  clock: VirtualClock;
  soar: Soar;
  events: RunEvent[];
  of<T extends RunEvent['type']>(type: T): Of<T>[];
  /** States a task went through, in order. */
  states(taskId: string): string[];
  /** The state a task is in. */
  state(taskId: string): string | undefined;
  /** When attempts started, in order. */
  startTimes(): number[];
  /** Moves the clock on until the run has settled. */
  settled(): Promise<RunResult>;
}

/** One try, no breaker: what a test adds to it is what it tests. */
export const ONE_TRY: PolicyInput = { preset: 'patient', retry: { retries: 0 }, breaker: { enabled: false } };

/** As many retries, a second apart, no breaker. */
export function retrying(retries: number, baseDelayMs = 1000): PolicyInput {
  return {
    preset: 'patient',
    retry: { retries, strategy: 'fixed', baseDelayMs, jitter: 0 },
    breaker: { enabled: false },
  };
}

/** The breaker alone: one try, and one failure opens it for a minute. */
export function fragile(breaker: object = {}): PolicyInput {
  return {
    preset: 'patient',
    retry: { retries: 0 },
    breaker: { failureThreshold: 1, resetTimeoutMs: 60_000, ...breaker },
  };
}

/** Starts once those tasks have settled, whatever they came to. */
export function onceSettled(...ids: string[]): Pick<TaskSpec, 'dependsOn' | 'onDependencyFailure'> {
  return { dependsOn: ids, onDependencyFailure: 'proceed' };
}

export function watch(run: RunHandle, clock: VirtualClock, soar: Soar): Watched {
  const events: RunEvent[] = [];
  run.events$.subscribe((event) => events.push(event));
  const of = <T extends RunEvent['type']>(type: T) => events.filter((event): event is Of<T> => event.type === type);
  const states = (taskId: string) =>
    of('task.state')
      .filter((event) => event.taskId === taskId)
      .map(({ state }) => state);
  return {
    run,
    clock,
    soar,
    events,
    of,
    states,
    state: (taskId) => states(taskId).at(-1),
    startTimes: () => of('attempt.started').map(({ at }) => at),
    settled: () => clock.settle(run.result),
  };
}

/** Runs tasks on an engine of their own. `run` holds the options of the run. */
export function start(
  tasks: readonly TaskSpec[] | Plan,
  { run: runOptions, ...options }: SoarOptions & { run?: RunOptions },
): Watched {
  const clock = (options.clock as VirtualClock | undefined) ?? new VirtualClock();
  const soar = createSoar({ random: () => 0.5, policy: ONE_TRY, ...options, clock });
  return startOn(soar, clock, tasks, runOptions);
}

export function startOn(
  soar: Soar,
  clock: VirtualClock,
  tasks: readonly TaskSpec[] | Plan,
  options?: RunOptions,
): Watched {
  const plan = 'tasks' in tasks ? tasks : { tasks };
  return watch(soar.run(plan, options), clock, soar);
}

/** Tasks without dependencies: `tasks(3)` is t1, t2, t3. */
export function tasks(count: number, common: Partial<TaskSpec> = {}): TaskSpec[] {
  return Array.from({ length: count }, (_, index) => ({ id: `t${index + 1}`, prompt: `do ${index + 1}`, ...common }));
}

export function task(id: string, more: Partial<TaskSpec> = {}): TaskSpec {
  return { id, prompt: `do ${id}`, ...more };
}

export function outcomeOf({ outcomes }: RunResult, taskId: string): TaskOutcome {
  const outcome = outcomes.find((one) => one.taskId === taskId);
  if (!outcome) throw new Error(`There is no outcome of ${taskId}.`);
  return outcome;
}

/** Smallest time between two neighbours. */
export function smallestGap(times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  return Math.min(...sorted.slice(1).map((at, index) => at - (sorted[index] as number)));
}
