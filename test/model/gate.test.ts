import { afterAll, describe, expect, test } from 'vitest';
import type { EventObject, SnapshotFrom } from 'xstate';
import { resolveAgent } from '../../src/agents/resolve.ts';
import type { AttemptJudged, GateEvent, LeaseRelease, StartRequest } from '../../src/machines/gate/events.ts';
import { gateMachine } from '../../src/machines/gate/machine.ts';
import type { Driven, Harness } from '../../src/testing/harness.ts';
import { runPath } from '../../src/testing/run-path.ts';
import { testPaths } from '../../src/testing/test-paths.ts';
import { transitionCoverage } from '../../src/testing/transition-coverage.ts';
import { addressee } from './fakes.ts';

type Gate = SnapshotFrom<typeof gateMachine>;

const REQUESTS = 3;
const agent = resolveAgent('a', () => '');

/** Every request once, answers of breakers, and everything that can be said of what was requested. */
interface Given {
  limit: number;
  staggerMs: number | null;
  isGuarded: boolean;
  /** Tokens that the run may spend, and that each attempt does. */
  tokens: number | null;
  /** When attempts say that they ended; the gate's own clock stands at 0. */
  endedAt: number;
}

function samplesWith({ isGuarded, tokens, endedAt }: Given) {
  return ({ context: { ledger }, value }: Gate, history: readonly EventObject[]): GateEvent[] => {
    const count = history.filter(({ type }) => type === 'start.request').length;
    const ids = Array.from({ length: count }, (_, i) => `request ${i + 1}`);
    const request = (n: number): StartRequest => ({
      type: 'start.request',
      requestId: `request ${n}`,
      runId: 'run',
      taskId: `task ${n}`,
      agent,
      breaker: isGuarded,
      ref: addressee(),
    });
    const release = (leaseId: string, more: Partial<LeaseRelease> = {}): LeaseRelease => ({
      type: 'lease.release',
      leaseId,
      permitId: leaseId,
      result: 'success',
      kind: null,
      at: endedAt,
      ...(tokens === null ? {} : { tokens }),
      ...more,
    });
    const judged = (leaseId: string): AttemptJudged => ({
      type: 'attempt.judged',
      leaseId,
      permitId: leaseId,
      result: 'failure',
      kind: 'rate_limited',
      at: 0,
      rateLimit: { retryAt: 500, ref: addressee() },
    });
    const asked = value === 'asking' ? (ledger.asked?.requestId ?? '') : '';
    const isReleased = (id: string) =>
      history.some((event) => event.type === 'lease.release' && (event as LeaseRelease).leaseId === id);
    const isJudged = (id: string) => history.some((event) => (event as AttemptJudged).leaseId === id);
    const out = [...ledger.leases.keys()].filter((id) => id !== asked);
    const once = (type: GateEvent['type']) => !history.some((event) => event.type === type);
    return [
      ...(count < REQUESTS ? [request(count + 1)] : []),
      ...(asked ? [asked, 'a request of old'] : []).flatMap((requestId) => [
        { type: 'permit.granted' as const, requestId, permitId: requestId },
        { type: 'permit.refused' as const, requestId, reason: 'open', retryAt: 0 },
      ]),
      ...out.flatMap((id) => [release(id), release(id, { rateLimit: { retryAt: 500, ref: addressee() } })]),
      ...out.filter((id) => !isJudged(id)).map(judged),
      ...ids
        .filter(isReleased)
        .slice(0, 1)
        .map((id) => release(id)),
      ...ids.slice(-1).map((requestId) => ({ type: 'start.withdraw' as const, requestId })),
      ...(once('run.withdraw') ? [{ type: 'run.withdraw' as const, runId: 'run' }] : []),
      ...(once('run.closed') ? [{ type: 'run.closed' as const, runId: 'run' }] : []),
      ...(once('run.opened')
        ? [
            {
              type: 'run.opened' as const,
              runId: 'run',
              maxConcurrent: null,
              staggerMs: null,
              budget: tokens === null ? null : { tokens },
              ref: addressee(),
            },
          ]
        : []),
    ];
  };
}

describe('the gate machine', () => {
  const coverage = transitionCoverage(gateMachine);
  const plain = { limit: 1, staggerMs: null, isGuarded: true, tokens: null, endedAt: 0 };
  const cases: (Partial<Given> & { name: string })[] = [
    { name: 'one lease' },
    { name: 'a budget of tokens', tokens: 10 },
    { name: 'ends told ahead of the clock', staggerMs: 100, endedAt: 200 },
    { name: 'two leases and a gap', limit: 2, staggerMs: 100 },
    { name: 'two leases, a gap and no breaker', limit: 2, staggerMs: 100, isGuarded: false },
  ];

  test.each(cases)('never has more leases out than there are, on any path, with $name', async ({ name, ...rest }) => {
    const given: Given = { ...plain, ...rest };
    const { limit, staggerMs, isGuarded } = given;
    const harness: Harness<typeof gateMachine> = {
      input: () => ({
        limits: { maxConcurrent: limit, staggerMs },
        ...(isGuarded ? { breakerOf: () => addressee() } : {}),
      }),
      events: {
        // The deadline has come: the clock is where it says.
        'xstate.done.actor.pace': ({ clock, gates }) => {
          const { at } = gates.inputOf('pace') as { at: number };
          clock.skip(Math.max(0, at - clock.now()));
          gates.done('pace');
        },
      },
      invariant: ({ actor }: Driven<typeof gateMachine>) => {
        const { context, value } = actor.getSnapshot();
        expect(context.ledger.leases.size).toBeLessThanOrEqual(limit);
        expect(context.ledger.asked !== null).toBe(value === 'asking');
      },
      project: ({ status, value, context: { ledger } }: Gate) => ({
        status,
        value,
        waiting: ledger.waiting,
        out: [...ledger.leases.keys()],
        isFull: ledger.isFull,
        runs: ledger.accounts.runs.size,
        decision: ledger.decision.do,
      }),
    };
    const paths = testPaths(gateMachine, {
      ...harness,
      samples: samplesWith(given),
      denied: true,
      replay: true,
    });
    console.info(`gate, ${name}: ${paths.length} paths`);
    for (const path of paths) await runPath(path, gateMachine, { ...harness, inspect: coverage });
  });

  afterAll(() => {
    console.info(coverage.report());
    coverage.assert({ states: 100, transitions: 100, guards: 100 });
  });
});
