import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createSoar } from '../../src/create-soar.ts';
import { AgentError } from '../../src/errors/agent-error.ts';
import { memoryJournal } from '../../src/journal/memory-journal.ts';
import { replay } from '../../src/journal/replay.ts';
import type { PhaseControls } from '../../src/phases/controls.ts';
import type { Phases } from '../../src/phases/types.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import type { Agent } from '../../src/types/agent.ts';

const execution = fc.record({
  ms: fc.integer({ min: 10, max: 110 }),
  fate: fc.constantFrom('ok', 'ok', 'ok', 'transient', 'rate_limited'),
});
const process = fc.record({
  /** When it is asked to end, milliseconds from its start. */
  cutMs: fc.integer({ min: 0, max: 400 }),
  /** Whether another run asks the same before the next one continues. */
  isAskedElsewhere: fc.boolean(),
});
const scenarios = fc.record({
  executions: fc.array(execution, { minLength: 1, maxLength: 12 }),
  processes: fc.array(process, { maxLength: 8 }),
  /** Calls that ask something else in every process. */
  fickle: fc.subarray(['assess-a', 'decompose-b']),
  isFragile: fc.boolean(),
  onOpen: fc.constantFrom('wait' as const, 'fail' as const),
  cache: fc.boolean(),
});
type Scenario = typeof scenarios extends fc.Arbitrary<infer S> ? S : never;

/** Each phase asks three questions at once, and a last one whatever became of them. */
function phasesOf(promptOf: (name: string) => string): Partial<Phases> {
  const askAll = async (phase: string, { call }: PhaseControls) => {
    const ask = (name: string) => call({ name, prompt: promptOf(name), agentId: 'llm' });
    await Promise.allSettled(['a', 'b', 'c'].map((name) => ask(`${phase}-${name}`)));
    await ask(`${phase}-last`).catch(() => {});
  };
  return {
    assess: async (_, controls) => {
      await askAll('assess', controls);
      return { complexity: 'simple', score: 0, confidence: 1, reasons: [] };
    },
    decompose: async ({ query }, controls) => {
      await askAll('decompose', controls);
      return { goal: query, subgoals: [{ id: 't', title: 't', prompt: 't', dependsOn: [], agent: 'llm' }], notes: [] };
    },
  };
}

/** An agent whose n-th execution is the n-th of the scenario, over and over; and what all of them used. */
function countingAgent({ executions }: Scenario, clock: VirtualClock) {
  const count = { started: 0, tokens: 0, limits: 0 };
  const agent: Agent = {
    ...{ kind: 'model', version: 'v1', staggerMs: 0 },
    run: async ({ prompt }, { signal }) => {
      const { ms, fate } = executions[count.started % executions.length] as Scenario['executions'][number];
      count.started += 1;
      await new Promise<void>((resolve, reject) => {
        clock.setTimeout(resolve, ms);
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
      if (fate === 'rate_limited') {
        count.limits += 1;
        throw new AgentError(fate, 'slow down', { retryAfterMs: 50 });
      }
      const usage = { totalTokens: fate === 'ok' ? 10 : 3 };
      count.tokens += usage.totalTokens;
      if (fate === 'transient') throw new AgentError(fate, 'flaky', { usage });
      return { output: `to ${prompt}`, usage };
    },
  };
  return { agent, count };
}

async function holds(scenario: Scenario): Promise<void> {
  const { processes, fickle, isFragile, onOpen, cache } = scenario;
  const clock = new VirtualClock(1000);
  const journal = memoryJournal();
  const { agent, count } = countingAgent(scenario, clock);
  let nth = 0;
  const promptOf = (name: string) => (fickle.includes(name) ? `${name} in process ${nth}` : name);
  const breaker = isFragile ? { failureThreshold: 2, resetTimeoutMs: 100 } : { enabled: false };
  const retry = { retries: 1, strategy: 'fixed', baseDelayMs: 30, jitter: 0 } as const;
  const engine = (llm: Agent) => {
    const common = { phases: phasesOf(promptOf), phaseAgent: false as const, random: () => 0.5, clock, journal };
    return createSoar({ ...common, agents: { llm }, cache, onOpen, policy: { preset: 'patient', retry, breaker } });
  };
  for (const next of [...processes, null]) {
    const soar = engine(agent);
    const run = nth === 0 ? soar.ask('How?', { runId: 'r' }) : soar.resume('r');
    nth += 1;
    if (next) clock.setTimeout(() => run.interrupt(), next.cutMs);
    const { metadata } = await clock.settle(run.result);
    await clock.settle(soar.close());
    const stored = journal.load('r');
    const { spent, end } = replay(stored as NonNullable<typeof stored>, clock.now());
    expect(spent).toMatchObject({ attempts: count.started, tokens: count.tokens });
    if (end) {
      expect(metadata.usage.totalTokens).toBe(count.tokens);
      expect(metadata.rateLimits).toHaveLength(count.limits);
      return;
    }
    if (!next?.isAskedElsewhere) continue;
    const other = engine({ ...agent, run: ({ prompt }) => `else to ${prompt}` });
    await clock.settle(other.ask('How?', { runId: `other-${nth}` }).result);
    await clock.settle(other.close());
  }
  expect.unreachable('The last process is let to its end.');
}

it('what the calls of phases used is counted once, however often their run is interrupted and however many ask the same meanwhile', async () => {
  await fc.assert(fc.asyncProperty(scenarios, holds), { numRuns: 40 });
}, 60_000);
