import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createSoar } from '../../src/create-soar.ts';
import { AgentError } from '../../src/errors/agent-error.ts';
import type { TaskSpec } from '../../src/plan/types.ts';
import type { RunResult } from '../../src/run/result.ts';
import type { SoarOptions } from '../../src/soar-types.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import type { Agent } from '../../src/types/agent.ts';
import { watch } from '../support/watched-run.ts';

interface Scenario {
  tasks: TaskSpec[];
  options: Pick<SoarOptions, 'schedule' | 'maxConcurrent' | 'onDependencyFailure' | 'retries'>;
  /** Agents' first answers to a prompt that fail, before it goes well. */
  failures: number;
  /** Budget of attempts. */
  attempts: number | null;
  cancelAt: number | null;
}

/** Few prompts for many tasks, so that most of them have duplicates. */
const scenario: fc.Arbitrary<Scenario> = fc.record({
  tasks: fc
    .array(
      fc.record({
        prompt: fc.constantFrom('alpha', 'beta', 'wrong'),
        agent: fc.constantFrom('one', 'two'),
        needs: fc.array(fc.nat({ max: 19 }), { maxLength: 2 }),
        critical: fc.integer({ min: 0, max: 29 }).map((roll) => roll === 0),
      }),
      { maxLength: 20, size: 'max' },
    )
    .map((drawn) =>
      drawn.map(({ prompt, agent, needs, critical }, index) => ({
        id: `t${index}`,
        prompt,
        agent,
        dependsOn: [...new Set(needs.filter((need) => need < index))].map((need) => `t${need}`),
        ...(critical ? { critical } : {}),
      })),
    ),
  options: fc.record({
    schedule: fc.constantFrom('wave' as const, 'eager' as const),
    maxConcurrent: fc.integer({ min: 1, max: 5 }),
    onDependencyFailure: fc.constantFrom('proceed' as const, 'skip' as const, 'abort' as const),
    retries: fc.integer({ min: 0, max: 1 }),
  }),
  failures: fc.integer({ min: 0, max: 2 }),
  attempts: fc.option(fc.integer({ min: 0, max: 6 }), { freq: 2 }),
  cancelAt: fc.option(fc.integer({ min: 0, max: 400 }), { freq: 3 }),
});

/** Answers by the prompt alone, after a time that also depends on nothing else. */
function oracle(clock: VirtualClock, failures: number): Agent & { asked: Map<string, number>; twice: string[] } {
  const asked = new Map<string, number>();
  const underWay = new Set<string>();
  const twice: string[] = [];
  return {
    asked,
    twice,
    async run({ prompt, question }, { signal }) {
      const before = asked.get(prompt) ?? 0;
      asked.set(prompt, before + 1);
      if (underWay.has(prompt)) twice.push(prompt);
      underWay.add(prompt);
      await new Promise<void>((resolve) => {
        clock.setTimeout(resolve, 10 + (prompt.length % 7) * 10);
        signal.addEventListener('abort', () => resolve());
      });
      underWay.delete(prompt);
      if (question === 'wrong') throw new AgentError('forbidden', 'it is wrong');
      if (before < failures) throw new AgentError('transient', 'not yet');
      return `answer to ${prompt}`;
    },
  };
}

async function play({ tasks, options, failures, attempts, cancelAt }: Scenario, cache: boolean) {
  const clock = new VirtualClock();
  const agents = { one: oracle(clock, failures), two: oracle(clock, failures) };
  const policy = { preset: 'patient', breaker: { enabled: false } } as const;
  const soar = createSoar({ ...options, policy, agents, clock, random: () => 0.5, cache });
  const watched = watch(soar.run({ tasks, ...(attempts === null ? {} : { budget: { attempts } }) }), clock, soar);
  if (cancelAt !== null) clock.setTimeout(() => watched.run.cancel('enough'), cancelAt);
  return { ...watched, agents, result: await watched.settled() };
}

const outcomesOf = ({ status, outcomes }: RunResult) => ({
  status,
  outcomes: outcomes.map(({ taskId, status: one, output, error, partialContext }) => [
    taskId,
    one,
    output,
    error?.kind,
    partialContext,
  ]),
});

it('asks each question once that has an answer, and comes to what it would have come to without a cache', async () => {
  let hits = 0;
  await fc.assert(
    fc.asyncProperty(scenario, async (drawn) => {
      const calm = {
        ...drawn,
        failures: 0,
        attempts: null,
        cancelAt: null,
        // What an ending run has still in flight depends on time, and a cache saves time.
        tasks: drawn.tasks.map(({ critical: _, ...task }) => task),
        options: {
          ...drawn.options,
          onDependencyFailure: drawn.options.onDependencyFailure === 'skip' ? 'skip' : 'proceed',
        },
      } as const;
      const plain = await play(calm, false);
      const cached = await play(calm, true);
      hits += cached.result.metadata.cacheHits;
      expect(outcomesOf(cached.result)).toEqual(outcomesOf(plain.result));
      for (const name of ['one', 'two'] as const) {
        const { asked, twice } = cached.agents[name];
        expect(twice).toEqual([]);
        for (const [prompt, count] of asked) {
          const times = plain.agents[name].asked.get(prompt);
          expect(count).toBe(prompt.startsWith('wrong') ? times : 1);
        }
        expect([...asked.keys()].sort()).toEqual([...plain.agents[name].asked.keys()].sort());
      }
    }),
    { numRuns: 200 },
  );
  expect(hits).toBeGreaterThan(200);
});

it('settles every task once, and never asks a question twice at a time, whatever fails and whenever it is stopped', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (drawn) => {
      const { result, of, agents } = await play(drawn, true);
      const ids = drawn.tasks.map(({ id }) => id);
      expect(result.outcomes.map(({ taskId }) => taskId)).toEqual(ids);
      const told = of('task.settled').map(({ outcome }) => outcome.taskId);
      expect([...told].sort()).toEqual([...ids].sort());
      for (const { twice } of Object.values(agents)) expect(twice).toEqual([]);
      for (const { via, status, attempts, output } of result.outcomes) {
        if (via === 'cache')
          expect([status, attempts.length, output.startsWith('answer to')]).toEqual(['succeeded', 0, true]);
      }
      expect(of('attempt.started')).toHaveLength(of('attempt.ended').length);
    }),
    { numRuns: 300 },
  );
});
