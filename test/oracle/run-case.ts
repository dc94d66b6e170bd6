import { createSoar } from '../../src/create-soar.ts';
import { AgentError } from '../../src/errors/agent-error.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import type { AgentFunction } from '../../src/types/agent.ts';
import type { Behaviour, Case } from './random-case.ts';
import type { Simulated } from './simulated-task.ts';

/** Runs a case on the engine, in the clock's time, and gives what a simulation of it would. */
export async function runCase(given: Case): Promise<Simulated> {
  const clock = new VirtualClock();
  const scripts = new Map(given.tasks.map(({ id, script }) => [id, script]));
  const run: AgentFunction = ({ taskId, attempt }, { signal }) => {
    const script = scripts.get(taskId) ?? [];
    const behaviour = (script[attempt - 1] ?? script.at(-1)) as Behaviour;
    return new Promise((resolve, reject) => {
      if (behaviour.does === 'hang') return;
      const timer = clock.setTimeout(() => {
        if (behaviour.does === 'succeed') resolve('done');
        else reject(errorOf(behaviour));
      }, behaviour.ms);
      signal.addEventListener('abort', () => {
        clock.clearTimeout(timer);
        reject(signal.reason);
      });
    });
  };
  const agents = Object.fromEntries(
    Object.entries(given.agents).map(([id, { staggerMs, maxConcurrent }]) => [
      id,
      { run, staggerMs, ...(maxConcurrent === null ? {} : { maxConcurrent }) },
    ]),
  );
  const soar = createSoar({ agents, clock, maxConcurrent: given.maxConcurrent, killGraceMs: given.killGraceMs });
  const { maxTimeoutMs, breaker, maxRateLimits, maxCoolingMs, backoff, retries } = given;
  const handle = soar.run(
    { tasks: given.tasks.map(({ script: _, ...task }) => ({ ...task, prompt: '' })) },
    {
      schedule: given.schedule,
      onDependencyFailure: given.onDependencyFailure,
      policy: {
        clocks: { mode: 'fixed', maxTimeoutMs, startTimeoutMs: null, idleTimeoutMs: null },
        retry: { ...backoff, retries, maxDelayMs: 30_000, jitter: 0, retryOnTimeout: true },
        breaker: {
          ...breaker,
          failureWindowMs: 300_000,
          fastFailThreshold: 2,
          fastFailGapMs: 10_000,
          resetTimeoutMs: given.resetMs,
        },
        cooling: { maxRateLimits, maxCoolingMs, defaultCoolingMs: 5000 },
      },
      ...(given.staggerMs === null ? {} : { staggerMs: given.staggerMs }),
      timeoutMs: given.timeoutMs ?? 1e9,
      ...(given.budgetAttempts === null ? {} : { budget: { attempts: given.budgetAttempts } }),
      fallback: given.fallback ?? false,
    },
  );
  const order: string[] = [];
  handle.events$.subscribe((event) => event.type === 'task.settled' && order.push(event.outcome.taskId));
  if (given.cancelAt !== null) clock.setTimeout(() => handle.cancel(), given.cancelAt);
  const { status, outcomes } = await clock.settle(handle.result);
  await soar.close();
  return {
    status,
    outcomes: outcomes.map(({ taskId, status, via, error, attempts, settledAt }) => ({
      taskId,
      status,
      via: via as 'agent' | 'fallback' | null,
      kind: error?.kind ?? null,
      attempts: attempts.map(({ n, agentId, startedAt, endedAt, result }) => ({
        n,
        agentId,
        startedAt,
        endedAt,
        result,
      })),
      settledAt,
    })),
    order,
    isTied: false,
  };
}

function errorOf({ does, retryAfterMs }: Behaviour): AgentError {
  if (does === 'permanent') return new AgentError('auth', 'Who are you?');
  if (does === 'transient') return new AgentError('transient', 'Busy.');
  return new AgentError('rate_limited', 'Too many.', retryAfterMs === null ? {} : { retryAfterMs });
}
