import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSoar } from '../../src/create-soar.ts';
import { AgentError } from '../../src/errors/agent-error.ts';
import type { RunResult } from '../../src/run/result.ts';
import type { GatedAttempt } from '../../src/testing/gated-agents.ts';
import { gatedAgents } from '../../src/testing/gated-agents.ts';
import { type Command, type Invariant, propertyTest } from '../../src/testing/property-test.ts';
import { recordRun } from '../../src/testing/record-run.ts';
import { peakOf } from '../../src/testing/trace-matchers.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { halfOpenBreakers } from '../support/half-open-breakers.ts';

const LIMIT = 2;
const GAP_MS = 100;
const ids = ['a', 'b', 'c', 'd', 'e'];
const dependencies: Record<string, string[]> = { c: ['a'], d: ['a', 'b'], e: ['d'] };

/** Five tasks of two agents, with retries and a breaker, whose every attempt the test decides. */
function world() {
  const clock = new VirtualClock();
  const agents = gatedAgents(['one', 'two']);
  const breakers = halfOpenBreakers();
  const soar = createSoar({
    agents,
    clock,
    inspect: breakers.inspect,
    random: () => 0.5,
    maxConcurrent: LIMIT,
    staggerMs: GAP_MS,
    schedule: 'eager',
  });
  const run = soar.run(
    {
      tasks: ids.map((id, i) => ({ id, prompt: id, agent: i % 2 ? 'one' : 'two', dependsOn: dependencies[id] ?? [] })),
    },
    {
      policy: { retry: { retries: 2 }, breaker: { onOpen: 'wait', failureThreshold: 2, resetTimeoutMs: 4000 } },
      fallback: 'one',
    },
  );
  const record = recordRun(run);
  run.events$.subscribe(breakers.hear);
  let result: RunResult | null = null;
  void run.result.then((settled) => {
    result = settled;
  });
  const waiting = () => [...agents.one.waiting, ...agents.two.waiting];
  return { clock, soar, run, record, waiting, breakers, cancelledAt: null as number | null, result: () => result };
}

type World = ReturnType<typeof world>;

function onAttempt(act: (attempt: GatedAttempt) => void): Command<World, number> {
  return {
    with: fc.nat(LIMIT - 1),
    can: ({ waiting }) => waiting().length > 0,
    run: async ({ waiting, clock }, n) => {
      const attempts = waiting();
      act(attempts[n % attempts.length] as GatedAttempt);
      await clock.advance(0);
    },
  };
}

const commands = {
  answer: onAttempt((attempt) => attempt.resolve('done')),
  fail: onAttempt((attempt) => attempt.reject(new AgentError('transient', 'busy'))),
  refuse: onAttempt((attempt) => attempt.reject(new AgentError('auth', 'who?'))),
  limit: onAttempt((attempt) => attempt.limit({ retryAfterMs: 300 })),
  hang: onAttempt((attempt) => attempt.hang()),
  beat: onAttempt((attempt) => attempt.heartbeat()),
  wait: { with: fc.constantFrom(1, GAP_MS, 5000, 130_000), run: ({ clock }: World, ms: number) => clock.advance(ms) },
  cancel: {
    can: ({ result }: World) => result() === null,
    run: async (given: World) => {
      given.cancelledAt ??= given.clock.now();
      given.run.cancel('enough');
      await given.clock.advance(0);
    },
  },
};

function starts({ record }: World) {
  return record.events.filter((event) => event.type === 'attempt.started');
}

function settlements({ record }: World) {
  return record.events.flatMap((event) => (event.type === 'task.settled' ? [event.outcome] : []));
}

const invariants: Record<string, Invariant<World>> = {
  'no more leases are out than there are': ({ record }) => peakOf(record) <= LIMIT,
  'a half-open breaker lets one attempt through at a time': ({ breakers }) => breakers.seen.atOnce <= 1,
  'starts are a gap apart': (given) => {
    const times = starts(given).map(({ at }) => at);
    return times.every((at, i) => i === 0 || at - (times[i - 1] ?? 0) >= GAP_MS);
  },
  'no task starts before its dependencies have settled': ({ record }) => {
    const settled = new Set<string>();
    return record.events.every((event) => {
      if (event.type === 'task.settled') settled.add(event.outcome.taskId);
      return event.type !== 'attempt.started' || (dependencies[event.taskId] ?? []).every((id) => settled.has(id));
    });
  },
  'no task settles twice': (given) =>
    new Set(settlements(given).map(({ taskId }) => taskId)).size === settlements(given).length,
  'no attempt starts after a cancel': (given) =>
    given.cancelledAt === null || starts(given).every(({ at }) => at <= (given.cancelledAt ?? 0)),
};

describe('five tasks of two agents, whatever their attempts come to', () => {
  test('settle once each, within every limit, and give everything back', async () => {
    let probes = 0;
    await propertyTest<World>(world, commands, invariants, {
      fc,
      runs: 300,
      maxCommands: 40,
      seed: 7,
      end: async ({ clock, soar, breakers }) => {
        await clock.settle(soar.close());
        probes += breakers.seen.probes;
      },
      finally: {
        'every task has settled': (given) =>
          settlements(given)
            .map(({ taskId }) => taskId)
            .sort()
            .join() === ids.join(),
        'counts are those of the outcomes': ({ result }) => {
          const { outcomes, metadata } = result() ?? expect.fail('The run has not ended.');
          for (const status of ['succeeded', 'failed', 'cancelled', 'skipped'] as const) {
            expect(metadata[status]).toBe(outcomes.filter((outcome) => outcome.status === status).length);
          }
        },
        'every lease is back': ({ record }) => {
          const count = (type: string) => record.events.filter((event) => event.type === type).length;
          return count('attempt.started') === count('attempt.ended');
        },
      },
    });
    expect(probes).toBeGreaterThan(10);
  });
});
