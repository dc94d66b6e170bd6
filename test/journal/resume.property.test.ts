import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createSoar } from '../../src/create-soar.ts';
import { AgentError } from '../../src/errors/agent-error.ts';
import { memoryJournal } from '../../src/journal/memory-journal.ts';
import { INTERRUPTED } from '../../src/journal/replay.ts';
import type { Plan } from '../../src/plan/types.ts';
import type { RunResult } from '../../src/run/result.ts';
import type { SoarOptions } from '../../src/soar-types.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import type { AgentFunction } from '../../src/types/agent.ts';

/** What an agent does with a task: its n-th execution that is let to its end has the n-th fate, the last one for ever. */
type Fate = 'ok' | 'transient' | 'forbidden' | 'limited';

interface Scenario {
  plan: Plan;
  fates: Record<string, Fate[]>;
  ms: Record<string, number>;
  /** Time from one death to the next, milliseconds. */
  cuts: number[];
  maxConcurrent: number;
}

const fate = fc.constantFrom<Fate>('ok', 'ok', 'ok', 'transient', 'forbidden', 'limited');

const scenarios: fc.Arbitrary<Scenario> = fc.integer({ min: 1, max: 8 }).chain((count) =>
  fc
    .record({
      edges: fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 8 }),
      critical: fc.option(fc.nat(count - 1), { freq: 4 }),
      fates: fc.array(fc.array(fate, { minLength: 1, maxLength: 3 }), { minLength: count, maxLength: count }),
      ms: fc.array(fc.integer({ min: 0, max: 400 }), { minLength: count, maxLength: count }),
      cuts: fc.array(fc.integer({ min: 0, max: 900 }), { maxLength: 5 }),
      maxConcurrent: fc.integer({ min: 1, max: 4 }),
      schedule: fc.constantFrom('wave' as const, 'eager' as const),
      onDependencyFailure: fc.constantFrom('proceed' as const, 'skip' as const),
      fallback: fc.boolean(),
    })
    .map(({ edges, critical, fates, ms, cuts, maxConcurrent, fallback, ...settings }) => {
      const ids = Array.from({ length: count }, (_, i) => `t${i}`);
      const tasks = ids.map((id, i) => ({
        id,
        prompt: `do ${id}`,
        agent: 'one',
        // Only backwards, so that there is no cycle.
        dependsOn: [
          ...new Set(edges.flatMap(([a, b]) => (Math.max(a, b) === i && a !== b ? [`t${Math.min(a, b)}`] : []))),
        ],
        critical: critical === i,
      }));
      return {
        plan: { ...settings, ...(fallback ? { fallback: 'two' } : {}), tasks },
        fates: Object.fromEntries(ids.map((id, i) => [id, fates[i] ?? ['ok' as const]])),
        ms: Object.fromEntries(ids.map((id, i) => [id, ms[i] ?? 0])),
        cuts,
        maxConcurrent,
      };
    }),
);

/**
 * Agents that decide by the task and by how often it came to its end before. What a process that died had in flight
 * never comes to its end, so that a death changes nothing of what follows.
 */
function agentsOf(
  { fates, ms }: Scenario,
  clock: VirtualClock,
  ended: Map<string, number>,
  isAlive: () => boolean = () => true,
): Record<string, AgentFunction> {
  const one: AgentFunction = async ({ taskId }, { signal }) => {
    await new Promise<void>((resolve, reject) => {
      clock.setTimeout(() => isAlive() && resolve(), ms[taskId] ?? 0);
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    const nth = ended.get(taskId) ?? 0;
    ended.set(taskId, nth + 1);
    const all = fates[taskId] ?? [];
    const next = all[Math.min(nth, all.length - 1)];
    if (next === 'transient' || next === 'forbidden') throw new AgentError(next, `${taskId} is ${next}`);
    if (next === 'limited') throw new AgentError('rate_limited', 'slow down', { retryAt: clock.now() + 300 });
    return `${taskId} done`;
  };
  return { one, two: ({ taskId }) => `${taskId} by two` };
}

const OPTIONS: Omit<SoarOptions, 'clock'> = {
  random: () => 0.5,
  policy: {
    preset: 'patient',
    retry: { retries: 2, strategy: 'fixed', baseDelayMs: 200, jitter: 0 },
    breaker: { enabled: false },
  },
};

/** What must be the same however often a process died on the way. */
function essence({ status, outcomes }: RunResult): unknown {
  return {
    status,
    outcomes: outcomes.map(({ taskId, status: what, via, output, error, attempts }) => {
      const own = attempts
        .filter(({ result }) => result !== 'cancelled')
        .map(({ agentId, result }) => `${agentId} ${result}`);
      return { taskId, what, via, output, kind: error?.kind ?? null, own };
    }),
  };
}

async function uninterrupted(scenario: Scenario): Promise<RunResult> {
  const clock = new VirtualClock();
  const { maxConcurrent, plan } = scenario;
  const soar = createSoar({ ...OPTIONS, agents: agentsOf(scenario, clock, new Map()), clock, maxConcurrent });
  return clock.settle(soar.run(plan).result);
}

/** Runs it through, with a death at every cut. `again`: attempts of tasks that had been reported as settled. */
async function withDeaths(scenario: Scenario): Promise<{ result: RunResult; again: string[]; settlements: string[] }> {
  const { plan, maxConcurrent, cuts } = scenario;
  const clock = new VirtualClock();
  const ended = new Map<string, number>();
  const settled = new Set<string>();
  const again: string[] = [];
  let journal = memoryJournal();
  const live = () => {
    const own = journal;
    const agents = agentsOf(scenario, clock, ended, () => own === journal);
    const soar = createSoar({ ...OPTIONS, agents, clock, maxConcurrent, journal });
    const run = own.load('r') ? soar.resume('r') : soar.run(plan, { runId: 'r' });
    run.events$.subscribe((event) => {
      if (event.type === 'attempt.started' && settled.has(event.taskId)) again.push(event.key);
      if (event.type === 'task.settled') settled.add(event.outcome.taskId);
    });
    return run;
  };
  for (const cut of cuts) {
    live();
    await clock.advance(cut);
    journal = journal.crash();
  }
  const result = await clock.settle(live().result);
  const entries = journal.load('r')?.entries ?? [];
  const settlements = entries.flatMap((entry) => (entry.type === 'task.settled' ? entry.report.outcome.taskId : []));
  return { result, again, settlements };
}

it('comes to what it would have come to, whenever its process dies, and settles each task once', async () => {
  let cutOff = 0;
  await fc.assert(
    fc.asyncProperty(scenarios, async (scenario) => {
      const expected = await uninterrupted(scenario);
      const { result, again, settlements } = await withDeaths(scenario);
      const attempts = result.outcomes.flatMap((outcome) => outcome.attempts);
      cutOff += attempts.filter(({ error }) => error?.message === INTERRUPTED).length;
      expect(again).toEqual([]);
      expect([...settlements].sort()).toEqual(scenario.plan.tasks.map(({ id }) => id).sort());
      expect(new Set(attempts.map(({ key }) => key)).size).toBe(attempts.length);
      expect(result.status).toBe(expected.status);
      // A critical failure stops what is in flight at that moment, which a death shifts.
      const critical = scenario.plan.tasks.find((task) => task.critical)?.id;
      const isStopped = expected.outcomes.some(({ taskId, status }) => taskId === critical && status === 'failed');
      if (!isStopped) expect(essence(result)).toEqual(essence(expected));
    }),
    { numRuns: 200 },
  );
  expect(cutOff).toBeGreaterThan(50);
});
