import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createSoar } from '../../src/create-soar.ts';
import type { RunResult } from '../../src/run/result.ts';
import type { RunProgress } from '../../src/streams/progress.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { type HalfOpenBreakers, halfOpenBreakers } from '../support/half-open-breakers.ts';
import { type ScriptedAgent, scriptedAgent } from '../support/scripted-agent.ts';
import { smallestGap, startOn, tasks, type Watched, watch } from '../support/watched-run.ts';
import { calmScenario, type Scenario, scenario } from './engine-scenarios.ts';

interface Played extends Watched {
  result: RunResult;
  progress: RunProgress | null;
  probes: HalfOpenBreakers['seen'];
  agents: Record<'one' | 'two' | 'three' | 'probe', ScriptedAgent>;
}

async function play({
  tasks: plan,
  script,
  fallbackScript,
  options,
  run: runOptions,
  cancelAt,
}: Scenario): Promise<Played> {
  const clock = new VirtualClock();
  const agents = {
    one: scriptedAgent(clock, script),
    two: scriptedAgent(clock, script),
    three: scriptedAgent(clock, fallbackScript),
    probe: scriptedAgent(clock, [{ ms: 60_000 }]),
  };
  const breakers = halfOpenBreakers();
  const soar = createSoar({ ...options, agents, random: () => 0.5, clock, inspect: breakers.inspect });
  const watched = watch(soar.run({ tasks: plan }, runOptions), clock, soar);
  watched.run.events$.subscribe(breakers.hear);
  let progress: RunProgress | null = null;
  watched.run.progress$.subscribe((now) => {
    progress = now;
  });
  const cancel = cancelAt === null ? null : clock.setTimeout(() => watched.run.cancel('enough'), cancelAt);
  const result = await watched.settled();
  clock.clearTimeout(cancel);
  return { ...watched, result, progress, agents, probes: breakers.seen };
}

/** Attempts in flight, as the events report it. */
function peaks({ events }: Played): { all: number; byAgent: Record<string, number> } {
  const now: Record<string, number> = {};
  const byAgent: Record<string, number> = {};
  let all = 0;
  for (const event of events) {
    if (event.type !== 'attempt.started' && event.type !== 'attempt.ended') continue;
    const { agentId } = event;
    now[agentId] = (now[agentId] ?? 0) + (event.type === 'attempt.started' ? 1 : -1);
    byAgent[agentId] = Math.max(byAgent[agentId] ?? 0, now[agentId]);
    all = Math.max(
      all,
      Object.values(now).reduce((sum, count) => sum + count, 0),
    );
  }
  return { all, byAgent };
}

function checkOutcomes({ tasks: plan, options }: Scenario, { result, of }: Played): void {
  const ids = plan.map(({ id }) => id);
  expect(result.outcomes.map(({ taskId }) => taskId)).toEqual(ids);
  expect(
    of('task.settled')
      .map(({ outcome }) => outcome.taskId)
      .sort(),
  ).toEqual([...ids].sort());
  expect(of('run.settled')).toHaveLength(1);
  const retries = (options.policy as { retry: { retries: number } }).retry.retries;
  for (const outcome of result.outcomes) {
    const { attempts, taskId, agentId, status, error } = outcome;
    const task = plan.find(({ id }) => id === taskId);
    expect(agentId).toBe(task?.agent);
    expect(attempts.map(({ n }) => n)).toEqual(attempts.map((_, index) => index + 1));
    expect(of('attempt.started').filter((event) => event.taskId === taskId)).toHaveLength(attempts.length);
    const byOthers = attempts.filter((attempt) => attempt.agentId !== agentId);
    const isPardoned = ({ error }: (typeof attempts)[number], at: number) =>
      error?.kind === 'auth' && attempts[at + 1]?.agentId === attempts[at]?.agentId;
    const judged = attempts.filter((attempt, at) => !isPardoned(attempt, at));
    expect(attempts.length - judged.length).toBeLessThanOrEqual(3);
    expect(byOthers.filter((attempt) => judged.includes(attempt)).length).toBeLessThanOrEqual(1);
    if (byOthers.length > 0) expect(attempts.slice(-byOthers.length)).toEqual(byOthers);
    const failures = judged.filter((attempt) => attempt.agentId === agentId && attempt.result !== 'rate_limited');
    expect(failures.length).toBeLessThanOrEqual(retries + 1);
    expect(status === 'succeeded').toBe(error === null);
    if (status === 'skipped' || status === 'failed') expect(error).not.toBeNull();
  }
}

const MAX_COOLING_MS = 120_000;

/** The longest time for which providers may have asked to be left alone, waits that overlap counted once. */
function mostCoolingMs({ of }: Played): number {
  let [ms, until] = [0, 0];
  for (const { endedAt, result } of of('attempt.ended')) {
    if (result !== 'rate_limited') continue;
    ms += endedAt + MAX_COOLING_MS - Math.max(endedAt, until);
    until = endedAt + MAX_COOLING_MS;
  }
  return ms;
}

/** A derived limit does not count cooling. Asked to stop, a run ends within the grace of its attempts. */
function checkTime({ options, run }: Scenario, played: Played): void {
  const { result, of } = played;
  const timeoutMs = of('plan.compiled')[0]?.timeoutMs ?? 0;
  const coolingMs = run.timeoutMs === undefined ? mostCoolingMs(played) : 0;
  expect(result.metadata.totalDurationMs).toBeLessThanOrEqual(timeoutMs + coolingMs + (options.killGraceMs ?? 0));
  for (const { at, kind } of of('run.stopping')) {
    if (kind === 'budget') continue;
    expect(of('run.settled')[0]?.at).toBeLessThanOrEqual(at + (options.killGraceMs ?? 0));
  }
}

function checkMetadata({ tasks: plan }: Scenario, { result, progress }: Played): void {
  const { metadata, outcomes } = result;
  const count = (status: string) => outcomes.filter((outcome) => outcome.status === status).length;
  const counts = {
    succeeded: count('succeeded'),
    failed: count('failed'),
    cancelled: count('cancelled'),
    skipped: count('skipped'),
  };
  expect(metadata).toMatchObject({ totalTasks: plan.length, ...counts });
  expect(progress).toMatchObject({
    total: plan.length,
    settled: plan.length,
    running: 0,
    status: result.status,
    ...counts,
  });
  expect(metadata.waves.flat().sort()).toEqual(plan.map(({ id }) => id).sort());
  expect(metadata.fallbackCount).toBe(
    outcomes.filter(({ attempts, agentId }) => attempts.some((attempt) => attempt.agentId !== agentId)).length,
  );
  for (const { taskId, retries } of metadata.retriedTasks) {
    const own = outcomes
      .find((outcome) => outcome.taskId === taskId)
      ?.attempts.filter(({ agentId }) => agentId !== 'three');
    expect(retries).toBeLessThan(own?.length ?? 0);
  }
  const limits = outcomes.flatMap(({ attempts }) => attempts.filter(({ result: how }) => how === 'rate_limited'));
  expect(metadata.rateLimits).toHaveLength(limits.length);
}

function checkOrder({ tasks: plan, options, run }: Scenario, played: Played): void {
  const { events, of, startTimes, agents } = played;
  const { maxConcurrent = 4, staggerMs = 0, limits } = options;
  const { all, byAgent } = peaks(played);
  // A breaker that is half-open has one attempt out at most.
  expect(played.probes.atOnce).toBeLessThanOrEqual(1);
  expect(all).toBeLessThanOrEqual(maxConcurrent);
  expect(played.result.metadata.peakConcurrency).toBe(all);
  for (const [agentId, limit] of Object.entries(limits?.perAgent ?? {})) {
    expect(byAgent[agentId] ?? 0).toBeLessThanOrEqual(limit);
  }
  if (startTimes().length > 1) expect(smallestGap(startTimes())).toBeGreaterThanOrEqual(staggerMs);
  const settled = new Set<string>();
  let isStopping = false;
  for (const event of events) {
    if (event.type === 'task.settled') settled.add(event.outcome.taskId);
    if (event.type === 'run.stopping' && event.kind !== 'budget') isStopping = true;
    if (event.type !== 'attempt.started') continue;
    expect(isStopping).toBe(false);
    expect(settled.has(event.taskId)).toBe(false);
    for (const need of plan.find(({ id }) => id === event.taskId)?.dependsOn ?? []) expect(settled).toContain(need);
  }
  const calls = Object.values(agents).flatMap(({ calls: made }) => made);
  expect(calls.filter(({ aborted }) => aborted)).toEqual([]);
  expect(calls.length).toBeLessThanOrEqual(of('attempt.started').length);
  if (run.budget?.attempts !== undefined) {
    expect(of('attempt.started').length).toBeLessThanOrEqual(run.budget.attempts);
  }
}

/** Every lease is back: as many tasks as there are leases run at once. */
async function checkGate({ options }: Scenario, { soar, clock, agents }: Played): Promise<void> {
  const { maxConcurrent = 4 } = options;
  const plan = {
    tasks: tasks(maxConcurrent, { agent: 'probe', timeoutMs: 60_001 }),
    defaults: { policy: 'development' as const },
  };
  await startOn(soar, clock, plan, { runId: 'probe' }).settled();
  expect(agents.probe.peak).toBe(maxConcurrent);
}

it('keeps its promises whatever happens', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (drawn) => {
      const played = await play(drawn);
      checkOutcomes(drawn, played);
      checkMetadata(drawn, played);
      checkTime(drawn, played);
      checkOrder(drawn, played);
      await checkGate(drawn, played);
      await played.soar.close();
      expect(played.clock.pending).toBe(0);
    }),
    { numRuns: 300 },
  );
});

it('meets every state, every end and every kind of trouble on the way', async () => {
  const seen = new Set<string>();
  for (const drawn of fc.sample(scenario, { numRuns: 150, seed: 7 })) {
    const { events, result, soar, probes } = await play(drawn);
    seen.add(`run ${result.status}`);
    if (probes.probes > 0) seen.add('a probe');
    for (const event of events) {
      if (event.type === 'task.state') seen.add(event.state);
      if (event.type === 'task.settled')
        seen.add(`task ${event.outcome.status} ${event.outcome.error?.kind ?? ''}`.trim());
      if (event.type === 'attempt.ended') seen.add(`attempt ${event.result}`);
    }
    await soar.close();
  }
  const states = ['staggered', 'running', 'stalled', 'stopping', 'retrying', 'cooling', 'circuitOpen', 'cancelling'];
  const runs = ['succeeded', 'partial', 'failed', 'cancelled'].map((status) => `run ${status}`);
  const attempts = ['succeeded', 'failed', 'rate_limited', 'cancelled', 'abandoned'].map((how) => `attempt ${how}`);
  const ends = [
    'succeeded',
    'failed circuit_open',
    'failed rate_limited',
    'skipped budget',
    'skipped dependency',
    'cancelled timeout',
  ];
  for (const one of ['a probe', ...states, 'fallback.waiting', 'fallback.running', ...runs, ...attempts])
    expect(seen).toContain(one);
  for (const end of ends) expect(seen).toContain(`task ${end}`);
});

it('comes to the same outcomes in both schedules when nothing fails', async () => {
  await fc.assert(
    fc.asyncProperty(calmScenario, async (drawn) => {
      const told = ({ result }: Played) => [
        result.status,
        result.outcomes.map(({ taskId, status, output }) => [taskId, status, output]),
      ];
      const wave = await play({ ...drawn, options: { ...drawn.options, schedule: 'wave' } });
      const eager = await play({ ...drawn, options: { ...drawn.options, schedule: 'eager' } });
      expect(told(eager)).toEqual(told(wave));
      expect(wave.result.status).toBe('succeeded');
      for (const played of [wave, eager]) await played.soar.close();
    }),
    { numRuns: 100 },
  );
});
