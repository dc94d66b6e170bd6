import { type Case, many, OFF, one, retries } from './case.ts';

const CHAINED = (count: number) =>
  many(count).map((task, index) => (index === 0 ? task : { ...task, dependsOn: [`t${index}`] }));

/** Breakers, rate limits, recovery and silence: what the reference's tests ask for. */
export const RECOVERY_CASES: readonly Case[] = [
  {
    ids: ['CB4'],
    it: 'says that the circuit is open, how many failures opened it and when to retry',
    agents: { a: { script: [{ fail: 'exit' }] } },
    plan: CHAINED(3),
    options: { policy: { retry: { retries: 0 } } },
    expected: {
      messages: { t3: ['Circuit open', '2 failures', 'retry in 120s'] },
      metadata: { circuitBlocked: [{ taskId: 't3', agentId: 'a' }] },
    },
  },
  {
    ids: ['CB7', 'RC12'],
    it: 'judges each agent by its own failures',
    agents: { bad: { script: [{ fail: 'exit' }] }, good: {} },
    plan: [...CHAINED(3).map((task) => ({ ...task, agent: 'bad' })), one('g', { agent: 'good', dependsOn: ['t3'] })],
    options: { policy: { retry: { retries: 0 } } },
    expected: {
      calls: { bad: 2, good: 1 },
      breakers: { bad: { state: 'open', rejected: 1 }, good: { state: 'closed', failures: 0 } },
    },
  },
  {
    ids: ['CB8', 'CB21'],
    it: 'opens at once on permanent errors in a row',
    agents: { a: { script: { t1: [{ fail: 'auth' }], t2: [{ fail: 'forbidden' }] } } },
    plan: CHAINED(3),
    options: { policy: { retry: { retries: 0 }, breaker: { failureThreshold: 5 } } },
    expected: { breakers: { a: { state: 'open' } }, outcomes: { t3: { error: { kind: 'circuit_open' } } } },
  },
  {
    ids: ['CB20'],
    it: 'opens at the threshold for transient errors',
    agents: { a: { script: [{ fail: 'transient' }] } },
    plan: CHAINED(4),
    options: { policy: { retry: { retries: 0 }, breaker: { failureThreshold: 3 } } },
    expected: { calls: { a: 3 }, outcomes: { t4: { error: { kind: 'circuit_open' } } } },
  },
  {
    ids: ['CB14', 'RC9'],
    it: 'forgets the failures before a success',
    agents: { a: { script: { t1: [{ fail: 'exit' }], t2: [{}], t3: [{ fail: 'exit' }] } } },
    plan: CHAINED(4),
    options: { policy: { retry: { retries: 0 } } },
    expected: { breakers: { a: { state: 'closed', opened: 0 } }, outcomes: { t4: { status: 'succeeded' } } },
  },
  {
    ids: ['CB23', 'RP2'],
    it: 'counts no rate limit as a failure, and spends no retry on it',
    agents: {
      a: {
        script: [
          { fail: 'inference' },
          { fail: 'rate_limited', details: { retryAfterMs: 100 } },
          { fail: 'inference' },
          { fail: 'rate_limited', details: { retryAfterMs: 100 } },
          {},
        ],
      },
    },
    plan: [one('x')],
    options: {
      policy: { retry: { retries: 2, strategy: 'immediate' }, breaker: { failureThreshold: 3, fastFailThreshold: 99 } },
    },
    expected: {
      status: 'succeeded',
      attempts: { x: 5 },
      breakers: { a: { state: 'closed' } },
      metadata: { retriedTasks: [{ taskId: 'x', agentId: 'a', retries: 2 }] },
    },
  },
  {
    ids: ['RC1'],
    it: 'brings every task home that fails once',
    agents: { a: { script: [{ fail: 'transient' }, {}] } },
    plan: many(5),
    options: { policy: retries(1) },
    expected: { status: 'succeeded', attempts: { t1: 2, t2: 2, t3: 2, t4: 2, t5: 2 } },
  },
  {
    ids: ['RC2'],
    it: 'keeps one permanent failure to itself',
    agents: { a: { script: { t3: [{ fail: 'auth' }] } } },
    plan: many(5),
    options: { policy: retries(2) },
    expected: { status: 'partial', metadata: { succeeded: 4, failed: 1, retriedTasks: [] } },
  },
  {
    ids: ['RC6'],
    it: 'keeps the error of a fallback that fails too',
    agents: {
      a: { script: [{ fail: 'exit', message: 'first' }] },
      b: { script: [{ ms: 100, fail: 'exit', message: 'second' }] },
    },
    plan: [one('x', { agent: 'a' })],
    options: { policy: retries(0), fallback: 'b' },
    expected: {
      outcomes: { x: { status: 'failed', via: 'fallback' } },
      messages: { x: ['second', 'first'] },
      calls: { b: 1 },
    },
  },
  {
    ids: ['RC12'],
    it: 'sends tasks whose circuit is open to the fallback',
    agents: { a: { script: [{ fail: 'exit' }] }, b: {} },
    plan: CHAINED(5).map((task) => ({ ...task, agent: 'a' })),
    options: { policy: { retry: { retries: 0 } }, fallback: 'b' },
    expected: {
      status: 'succeeded',
      calls: { a: 2, b: 5 },
      metadata: { fallbackCount: 5, circuitBlocked: [{ taskId: 't3' }, { taskId: 't4' }, { taskId: 't5' }] },
    },
  },
  {
    ids: ['RC20'],
    it: 'fails with the last error when there are neither retries nor a fallback',
    agents: { a: { script: [{ fail: 'transient', message: 'the only one' }] } },
    plan: [one('x')],
    options: { policy: retries(0) },
    expected: {
      outcomes: { x: { status: 'failed' } },
      messages: { x: ['the only one'] },
      states: { x: ['staggered', 'running'] },
    },
  },
  {
    ids: ['RC21'],
    it: 'shows the open circuit on the way to the fallback',
    agents: { a: { script: [{ fail: 'exit' }] }, b: {} },
    plan: CHAINED(3).map((task) => ({ ...task, agent: 'a' })),
    options: { policy: { retry: { retries: 0 } }, fallback: 'b' },
    expected: { states: { t3: ['staggered', 'circuitOpen', 'fallback.waiting', 'fallback.running'] } },
  },
  {
    ids: ['RC10', 'RC22'],
    it: 'shows each state of a recovery once',
    agents: { a: { script: [{ fail: 'transient' }, {}] } },
    plan: [one('x')],
    options: { policy: retries(1) },
    expected: { states: { x: ['staggered', 'running', 'retrying', 'staggered', 'running'] } },
  },
  {
    ids: ['HB8', 'ED2'],
    it: 'stops silence, and says for how long it was silent',
    agents: { a: { script: [{ hang: true, says: [{ at: 1000, output: 'x'.repeat(100) }] }] } },
    plan: [one('x')],
    options: { policy: { clocks: { idleTimeoutMs: 15_000, onIdle: 'stop' }, ...retries(0) } },
    expected: {
      outcomes: { x: { error: { kind: 'idle_timeout' }, settledAt: 16_000 } },
      messages: { x: ['No activity for 15 seconds'] },
    },
  },
  {
    ids: ['ED4'],
    it: 'keeps the first reason of an attempt that is told to stop twice',
    agents: { a: { script: [{ hang: true, dyingMs: 4000, says: [{ at: 0, suspect: 'auth' }] }] } },
    plan: [one('x', { timeoutMs: 7000 })],
    options: { policy: retries(0) },
    expected: {
      outcomes: { x: { error: { kind: 'auth' }, settledAt: 9000 } },
      metadata: { earlyTerminations: [{ taskId: 'x', agentId: 'a', kind: 'auth', detectedMs: 5000 }] },
    },
  },
  {
    ids: ['CB5'],
    it: 'takes an agent for made-up when it is said to be, never by its name',
    agents: {
      'adhoc-agent': { script: [{ fail: 'inference' }] },
      plain: { adHoc: true, script: [{ fail: 'inference' }] },
    },
    plan: [
      one('a1', { agent: 'adhoc-agent' }),
      one('a2', { agent: 'adhoc-agent' }),
      one('p1', { agent: 'plain' }),
      one('p2', { agent: 'plain' }),
    ],
    options: { policy: { retry: { retries: 0 } } },
    expected: { breakers: { 'adhoc-agent': { state: 'open' }, plain: { state: 'closed' } } },
  },
  {
    ids: ['CB16'],
    it: 'has no breaker at all when the policy says so',
    agents: { a: { script: [{ fail: 'exit' }] } },
    plan: CHAINED(5),
    options: { policy: { retry: { retries: 0 }, breaker: OFF } },
    expected: { calls: { a: 5 } },
  },
  {
    ids: ['RP1'],
    it: 'makes as many attempts as retries and one, and no more',
    agents: { a: { script: [{ fail: 'transient' }] } },
    plan: [one('x')],
    options: { policy: retries(2, 0) },
    expected: { calls: { a: 3 } },
  },
  {
    ids: ['RP3'],
    it: 'retries no timeout when the policy forbids it',
    agents: { a: { script: [{ hang: true }] } },
    plan: [one('x', { timeoutMs: 500 })],
    options: { policy: { retry: { retries: 3, retryOnTimeout: false }, breaker: OFF } },
    expected: { calls: { a: 1 } },
  },
];
