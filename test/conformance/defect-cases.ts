import { type Case, many, one, retries } from './case.ts';

const chained = (count: number, agent: string) =>
  many(count, { agent }).map((task, index) => (index === 0 ? task : { ...task, dependsOn: [`t${index}`] }));

/** Hangs, lost work and wrong outcomes of the reference (D1 to D14), and what is right. Each fails when the defect is put in. */
export const DEFECT_CASES: readonly Case[] = [
  {
    ids: ['D1'],
    it: 'ends a run whose agents never say a word',
    agents: { a: { script: { t1: [{ ms: 100, fail: 'exit' }] } } },
    plan: many(3),
    options: { policy: retries(0) },
    expected: {
      status: 'partial',
      metadata: { failed: 1, succeeded: 2, heartbeats: [{ events: 0 }, { events: 0 }, { events: 0 }] },
    },
  },
  {
    ids: ['D2', 'D23'],
    it: 'lets one probe through a half-open breaker, and all others once it has succeeded',
    agents: { a: { script: { t1: [{ fail: 'exit' }] } } },
    plan: [one('t1'), ...['w1', 'w2', 'w3'].map((id) => one(id, { dependsOn: ['t1'] }))],
    options: {
      policy: { retry: { retries: 0 }, breaker: { failureThreshold: 1, resetTimeoutMs: 60_000, onOpen: 'wait' } },
    },
    expected: {
      status: 'partial',
      starts: [0, 60_000, 60_000, 60_000],
      breakers: { a: { state: 'closed', opened: 1, halfOpened: 1, closed: 1 } },
    },
  },
  {
    ids: ['D23'],
    it: 'gives out one permit while a probe takes its time, and opens again when it fails',
    agents: { a: { script: { t1: [{ fail: 'exit' }], w1: [{ ms: 30_000, fail: 'exit' }] } } },
    plan: [one('t1'), ...['w1', 'w2', 'w3'].map((id) => one(id, { dependsOn: ['t1'] }))],
    options: {
      policy: {
        retry: { retries: 0 },
        breaker: { failureThreshold: 1, resetTimeoutMs: 60_000, onOpen: 'wait', maxOpenWaitMs: 100_000 },
      },
    },
    expected: {
      calls: { a: 2 },
      breakers: { a: { state: 'open', opened: 2, halfOpened: 1 } },
      outcomes: { w2: { status: 'failed', error: { kind: 'circuit_open' }, settledAt: 100_000 } },
    },
  },
  {
    ids: ['D23'],
    it: 'is lenient with made-up agents also when they fail without a kind',
    agents: { made: { adHoc: true, script: [{ throws: 'nobody knows' }] } },
    plan: many(2),
    options: { policy: { retry: { retries: 0 } } },
    expected: { breakers: { made: { state: 'closed', failures: 2 } } },
  },
  {
    ids: ['D3'],
    it: 'ends with a fallback that fails',
    agents: { a: { script: [{ ms: 100, fail: 'exit' }] }, b: { script: [{ ms: 100, fail: 'exit' }] } },
    plan: [one('x', { agent: 'a' })],
    options: { policy: retries(2), fallback: 'b', timeoutMs: 60_000 },
    expected: { status: 'failed', calls: { a: 3, b: 1 } },
  },
  {
    ids: ['D5'],
    it: 'lets the limit of a task win over the policy’s',
    agents: { a: { script: [{ hang: true, says: [{ at: 1900, beat: true }] }] } },
    plan: [one('x', { timeoutMs: 2000 })],
    options: { policy: { preset: 'development' } },
    expected: { outcomes: { x: { error: { kind: 'timeout' }, settledAt: 2000 } } },
  },
  {
    ids: ['D6'],
    it: 'extends no limit before it is due, and none without activity since',
    agents: {
      a: {
        script: [
          {
            hang: true,
            says: [
              { at: 0, beat: true },
              { at: 1000, beat: true },
            ],
          },
        ],
      },
    },
    plan: [one('x')],
    options: { policy: { preset: 'default', clocks: { idleTimeoutMs: null, startTimeoutMs: null }, ...retries(0) } },
    expected: { outcomes: { x: { error: { kind: 'timeout' }, settledAt: 60_000 } } },
  },
  {
    ids: ['D8'],
    it: 'counts a fallback after an open circuit once, and keeps the agent’s name',
    agents: { a: { script: [{ fail: 'exit' }] }, b: { script: { t3: [{ ms: 100, fail: 'exit' }] } } },
    plan: chained(3, 'a'),
    options: { policy: { retry: { retries: 0 } }, fallback: 'b' },
    expected: {
      outcomes: { t3: { agentId: 'a', via: 'fallback', status: 'failed' } },
      calls: { a: 2, b: 3 },
      metadata: { fallbackCount: 3, failed: 1 },
    },
  },
  {
    ids: ['D9'],
    it: 'counts and tells of a task whose circuit was open like any other',
    agents: { a: { script: [{ fail: 'exit' }] } },
    plan: chained(3, 'a'),
    options: { policy: { retry: { retries: 0 } } },
    expected: {
      status: 'failed',
      metadata: { failed: 3 },
      outcomes: { t3: { status: 'failed', attempts: [], via: null } },
    },
  },
  {
    ids: ['D10'],
    it: 'takes a rate limit seen on the way for a rate limit: no retry, no failure to the breaker',
    agents: { a: { script: [{ hang: true, says: [{ at: 100, suspect: 'rate_limited' }] }, {}] } },
    plan: [one('x')],
    options: { policy: { retry: { retries: 0 }, breaker: { failureThreshold: 1 } } },
    expected: {
      status: 'succeeded',
      metadata: { retriedTasks: [], rateLimits: [{ agentId: 'a', taskId: 'x' }] },
      breakers: { a: { state: 'closed', failures: 0 } },
    },
  },
  {
    ids: ['D10', 'D11'],
    it: 'takes a refused key seen on the way for permanent',
    agents: { a: { script: [{ hang: true, says: [{ at: 100, suspect: 'auth' }] }] } },
    plan: [one('x')],
    options: { policy: retries(3) },
    expected: { calls: { a: 1 }, outcomes: { x: { error: { kind: 'auth', retryable: false } } } },
  },
  ...(['auth', 'forbidden', 'invalid_model', 'invalid_request', 'not_found'] as const).map(
    (fail): Case => ({
      ids: ['D11'],
      it: `spends neither a retry nor a wait on ${fail}`,
      agents: { a: { script: [{ fail }] }, b: {} },
      plan: [one('x', { agent: 'a' })],
      options: { policy: retries(3), fallback: 'b' },
      expected: { calls: { a: 1, b: 1 }, outcomes: { x: { settledAt: 0, via: 'fallback' } } },
    }),
  ),
  {
    ids: ['D12'],
    it: 'refuses a plan that cannot be ordered, naming every fault, and drops no task',
    agents: { a: {} },
    plan: [
      one('0'),
      one('1', { dependsOn: ['2'] }),
      one('2', { dependsOn: ['1'] }),
      one('3', { dependsOn: ['9'] }),
      one('4', { dependsOn: ['4'] }),
      one('0'),
    ],
    expected: {
      throws: {
        code: 'invalid-plan',
        issues: ['circular-dependency', 'duplicate-id', 'self-dependency', 'unknown-dependency'],
      },
    },
  },
  {
    ids: ['D13'],
    it: 'has full metadata without any wave',
    agents: { a: {} },
    plan: [],
    expected: { status: 'succeeded', metadata: { waves: [], rateLimits: [], circuitBlocked: [], peakConcurrency: 0 } },
  },
  {
    ids: ['D14'],
    it: 'refuses a task nobody is there for, instead of losing it',
    agents: { a: {}, b: {} },
    plan: [one('x', { agent: 'a' }), one('y')],
    expected: { throws: { code: 'invalid-plan', issues: ['no-agent'] } },
  },
  {
    ids: ['D7'],
    it: 'gives an agent that does not end up, and tells so',
    agents: { a: { script: { t1: [{ deaf: true }] } } },
    plan: [one('t1', { timeoutMs: 1500 }), one('t2')],
    options: { policy: retries(0), maxConcurrent: 1 },
    expected: { outcomes: { t1: { settledAt: 6500 }, t2: { status: 'succeeded', startedAt: 6500 } }, warnings: 1 },
  },
];
