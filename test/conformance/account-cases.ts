import { type Case, many, OFF, one, retries } from './case.ts';

const chained = (count: number, agent: string) =>
  many(count, { agent }).map((task, index) => (index === 0 ? task : { ...task, dependsOn: [`t${index}`] }));

/** Bookkeeping, time and context that the reference got wrong (D15 to D31), and what is right. */
export const ACCOUNT_CASES: readonly Case[] = [
  {
    ids: ['D15'],
    it: 'does no arithmetic on ids',
    agents: { a: { script: { 'sg-1': [{ ok: 'one' }], '1': [{ ok: 'other' }] } } },
    plan: [one('sg-1'), one('1'), one('sg-2', { dependsOn: ['sg-1'] }), one('2', { dependsOn: ['1'] })],
    expected: { prompts: { 'sg-2': ['✓ [sg-1]: one'], '2': ['✓ [1]: other'] }, metadata: { succeeded: 4 } },
  },
  {
    ids: ['D16'],
    it: 'gathers what happened in every wave',
    agents: { a: { script: { t1: [{ fail: 'transient' }, {}], t2: [{ fail: 'transient' }, {}] } } },
    plan: chained(3, 'a'),
    options: { policy: retries(1) },
    expected: { metadata: { retriedTasks: [{ taskId: 't1' }, { taskId: 't2' }], heartbeats: [{}, {}, {}] } },
  },
  {
    ids: ['D18'],
    it: 'gives a run as long as all its attempts, waits and fallbacks may take',
    agents: { a: {}, b: {} },
    plan: many(5, { agent: 'a' }),
    options: { policy: 'patient', maxConcurrent: 3, staggerMs: 2000, fallback: 'b' },
    expected: { timeoutMs: 3_732_000 },
  },
  {
    ids: ['D18'],
    it: 'gives a fixed preset its own limit',
    agents: { a: {} },
    plan: many(1),
    options: { policy: 'development' },
    expected: { timeoutMs: 1_800_000 + 120_000 },
  },
  {
    ids: ['D18'],
    it: 'keeps output and attempts of what the run’s timeout cut short',
    agents: { a: { script: [{ hang: true, lastWords: 'as far as I got' }] } },
    plan: [one('x')],
    run: { timeoutMs: 1000 },
    expected: {
      status: 'cancelled',
      outcomes: { x: { output: 'as far as I got', error: { kind: 'timeout' } } },
      attempts: { x: 1 },
    },
  },
  {
    ids: ['D19'],
    it: 'spaces all starts by one gap that does not grow, over all waves',
    agents: { a: { script: [{ ms: 100 }] } },
    plan: [...many(4), one('u', { dependsOn: ['t1'] }), one('v', { dependsOn: ['t2'] })],
    options: { maxConcurrent: 2, staggerMs: 500 },
    expected: { starts: [0, 500, 1000, 1500, 2000, 2500] },
  },
  {
    ids: ['D20'],
    it: 'joins outputs and tasks by id, whatever order they end in and whatever is missing',
    agents: {
      a: { script: { t1: [{ ms: 90, ok: 'one' }], t2: [{ fail: 'exit', message: 'gone' }], t3: [{ ok: 'three' }] } },
    },
    plan: [...many(3), one('sum', { dependsOn: ['t3', 't2', 't1'] })],
    options: { policy: retries(0) },
    expected: {
      prompts: { sum: ['✓ [t3]: three', '✗ [t2]: FAILED - gone', '✓ [t1]: one'] },
      outcomes: { t1: { output: 'one' } },
    },
  },
  {
    ids: ['D21'],
    it: 'counts the attempts that were made',
    agents: { a: { script: [{ fail: 'rate_limited', details: { retryAfterMs: 500_000 } }] }, b: {} },
    plan: [one('x', { agent: 'a' })],
    options: { policy: retries(5), fallback: 'b' },
    expected: { attempts: { x: 2 }, metadata: { retriedTasks: [], fallbackCount: 1 } },
  },
  {
    ids: ['D21'],
    it: 'has no fallback to itself',
    agents: { a: { script: [{ fail: 'exit' }] } },
    plan: [one('x')],
    options: { policy: retries(0), fallback: 'a' },
    expected: { calls: { a: 1 }, outcomes: { x: { via: 'agent' } }, metadata: { fallbackCount: 0 } },
  },
  {
    ids: ['D22'],
    it: 'leaves an agent alone that goes on after it wrote of something suspicious',
    agents: {
      a: {
        script: [
          {
            ms: 60_000,
            says: [
              { at: 100, suspect: 'rate_limited' },
              { at: 4000, output: 'implementing a rate limiter' },
            ],
          },
        ],
      },
    },
    plan: [one('x')],
    expected: { status: 'succeeded', metadata: { earlyTerminations: [], rateLimits: [] } },
  },
  {
    ids: ['D25'],
    it: 'stops a stalled agent when told so, and only shows it otherwise',
    agents: { a: { script: [{ hang: true }] }, b: { script: [{ ms: 60_000 }] } },
    plan: [
      one('x', { agent: 'a', policy: { clocks: { idleTimeoutMs: 5000, onIdle: 'stop' }, ...retries(0) } }),
      one('y', { agent: 'b', policy: { clocks: { idleTimeoutMs: 5000, onIdle: 'stall' }, ...retries(0) } }),
    ],
    expected: {
      outcomes: { x: { error: { kind: 'idle_timeout' }, settledAt: 5000 }, y: { status: 'succeeded' } },
      states: { x: ['staggered', 'running', 'stopping'], y: ['staggered', 'running', 'stalled'] },
    },
  },
  {
    ids: ['D26', 'D31'],
    it: 'lets settings reach what they are for, by task before plan before engine',
    agents: { a: { script: [{ fail: 'transient' }] } },
    plan: {
      policy: retries(1, 0),
      tasks: [one('x'), one('y', { policy: retries(2, 0) }), one('z', { policy: retries(2, 0), retries: 0 })],
    },
    options: { policy: retries(4, 0) },
    expected: { attempts: { x: 2, y: 3, z: 1 } },
  },
  {
    ids: ['D29'],
    it: 'ends the run when a critical task fails',
    agents: { a: { script: { t1: [{ ms: 100, fail: 'exit' }], t2: [{ hang: true }] } } },
    plan: [one('t1', { critical: true }), one('t2'), one('t3', { dependsOn: ['t2'] })],
    options: { policy: retries(0) },
    expected: {
      status: 'failed',
      outcomes: { t2: { status: 'cancelled', error: { kind: 'dependency' } }, t3: { status: 'skipped' } },
    },
  },
  {
    ids: ['D29'],
    it: 'spends no agent on a task whose dependencies all failed, when told so',
    agents: { a: { script: [{ fail: 'exit' }] } },
    plan: [...many(2), one('z', { dependsOn: ['t1', 't2'] })],
    options: { policy: retries(0), onDependencyFailure: 'skip' },
    expected: { calls: { a: 2 }, outcomes: { z: { status: 'skipped', error: { kind: 'dependency' } } } },
  },
  {
    ids: ['D30'],
    it: 'refuses no lanes at all instead of waiting for ever',
    agents: { a: {} },
    plan: many(1),
    options: { maxConcurrent: 0 },
    expected: { throws: { code: 'invalid-options' } },
  },
  {
    ids: ['D31'],
    it: 'says which agent did the work',
    agents: { a: { script: [{ fail: 'auth' }] }, b: {} },
    plan: [one('x', { agent: 'a' })],
    options: { fallback: 'b', policy: { breaker: OFF } },
    expected: { outcomes: { x: { agentId: 'a', via: 'fallback', attempts: [{ agentId: 'a' }, { agentId: 'b' }] } } },
  },
];
