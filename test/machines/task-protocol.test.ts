import { expect, it } from 'vitest';
import type { AnyActorRef, InspectionEvent } from 'xstate';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { scriptedAgent } from '../support/scripted-agent.ts';
import { outcomeOf, start, task, tasks } from '../support/watched-run.ts';

/** The living actors of an engine, by id. */
function inspected() {
  const actors = new Map<string, AnyActorRef>();
  const sent: { type: string; to: string; from: string | undefined }[] = [];
  const inspect = (event: InspectionEvent) => {
    const ref = event.actorRef as AnyActorRef;
    if (event.type === '@xstate.actor') actors.set(ref.id, ref);
    if (event.type !== '@xstate.event') return;
    sent.push({ type: event.event.type, to: ref.id, from: (event.sourceRef as AnyActorRef | undefined)?.id });
  };
  return { actors, sent, inspect };
}

const over = { status: 'succeeded', output: 'a forgery', truncated: false, error: null, retryAt: null, endedAt: 0 };

it('ignores the end of another attempt', async () => {
  const clock = new VirtualClock();
  const { actors, inspect } = inspected();
  const run = start([task('a')], { agents: { one: scriptedAgent(clock, [{ ms: 1000 }]) }, clock, inspect });
  await clock.advance(10);
  const result = { ...over, heartbeat: { events: 0, longestSilenceMs: 0 }, earlyTermination: null };
  actors.get('a')?.send({ type: 'attempt.ended', taskId: 'a', attemptId: 'another/a/7', result });
  await clock.advance(10);
  expect(run.state('a')).toBe('running');
  expect(outcomeOf(await run.settled(), 'a').output).toBe('a by one');
});

it('ignores an answer to another request', async () => {
  const clock = new VirtualClock();
  const { actors, inspect } = inspected();
  const one = scriptedAgent(clock, [{ ms: 1000 }]);
  const run = start(tasks(2), { agents: { one }, clock, inspect, maxConcurrent: 1 });
  await clock.advance(10);
  const t2 = actors.get('t2');
  t2?.send({ type: 'start.granted', requestId: 'stale', leaseId: 'stale', permitId: null, at: 10 });
  t2?.send({ type: 'start.refused', requestId: 'stale', cause: 'circuit_open', reason: 'stale', retryAt: null });
  await clock.advance(10);
  expect(run.state('t2')).toBe('staggered');
  await run.settled();
  expect(one.calls.map(({ at }) => at)).toEqual([0, 1000]);
});

it('settles once, also when its end is reported twice', async () => {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, { t1: [{ ms: 100 }], t2: [{ ms: 500 }] });
  const run = start(tasks(2), { agents: { one }, clock });
  await clock.advance(200);
  const [first] = run.of('task.settled');
  const notes = {
    retries: 0,
    circuitBlocked: [],
    earlyTerminations: [],
    rateLimits: [],
    heartbeat: {},
    usedFallback: false,
  };
  const reports = [{ outcome: { ...first?.outcome, status: 'failed' }, notes }];
  run.run.actor.send({ type: 'tasks.settled', wave: 1, reports });
  const result = await run.settled();
  expect(run.of('task.settled').map(({ outcome }) => outcome.taskId)).toEqual(['t1', 't2']);
  expect(result).toMatchObject({ status: 'succeeded', metadata: { succeeded: 2, failed: 0 } });
});

it('asks the gate, which asks the breaker last, and then starts', async () => {
  const clock = new VirtualClock();
  const { sent, inspect } = inspected();
  const policy = { retry: { retries: 0 } };
  await start([task('a')], { agents: { one: scriptedAgent(clock) }, clock, inspect, policy }).settled();
  const protocol = ['start.request', 'permit.request', 'permit.granted', 'start.granted', 'attempt.start'];
  expect(sent.map(({ type }) => type).filter((type) => protocol.includes(type))).toEqual(protocol);
});

it('gives lease and permit back exactly once', async () => {
  const clock = new VirtualClock();
  const { sent, inspect } = inspected();
  const policy = { retry: { retries: 0 } };
  await start([task('a')], { agents: { one: scriptedAgent(clock, [{ ms: 10 }]) }, clock, inspect, policy }).settled();
  const ends = ['lease.release', 'permit.return', 'attempt.ended'];
  const seen = sent.filter(({ type }) => ends.includes(type)).map(({ type, to }) => [type, to]);
  expect(seen.map(([type]) => type).sort()).toEqual(['attempt.ended', 'lease.release', 'permit.return']);
});

it('reports the breaker of a failure, then the task, and only then frees the lease', async () => {
  const clock = new VirtualClock();
  const { sent, inspect } = inspected();
  const agents = { one: scriptedAgent(clock, [{ fail: 'transient' }]) };
  await start([task('a')], { agents, clock, inspect, policy: { retry: { retries: 0 } } }).settled();
  const ends = ['permit.return', 'attempt.ended', 'lease.release'];
  expect(sent.map(({ type }) => type).filter((type) => ends.includes(type))).toEqual(ends);
});

it('skips, without an attempt, what waits for the lease of a critical task that fails', async () => {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, { a: [{ ms: 10, fail: 'auth' }] });
  const plan = [task('a', { critical: true }), task('b')];
  const result = await start(plan, { agents: { one }, clock, maxConcurrent: 1 }).settled();
  expect(outcomeOf(result, 'b')).toMatchObject({ status: 'skipped', attempts: [], error: { kind: 'dependency' } });
});

it('names who sent what, for inspectors', async () => {
  const clock = new VirtualClock();
  const { sent, inspect } = inspected();
  await start([task('a')], { agents: { one: scriptedAgent(clock) }, clock, inspect }).settled();
  expect(sent.find(({ type }) => type === 'start.request')).toMatchObject({ from: 'a', to: 'gate' });
  expect(sent.find(({ type }) => type === 'attempt.ended')).toMatchObject({ from: 'executor', to: 'a' });
});

it('ends an attempt whatever its agent answers', async () => {
  const clock = new VirtualClock();
  const answers: Record<string, () => unknown> = {
    nothing: () => undefined,
    null: () => null,
    number: () => 42,
    symbol: () => Symbol('s'),
    bare: () => Object.create(null),
    bareOutput: () => ({ output: Object.create(null) }),
    trap: () => ({
      get output() {
        throw new Error('a trap');
      },
    }),
    list: () => ['a', 'b'],
    // biome-ignore lint/suspicious/noThenProperty: what an agent may answer with
    thenable: () => ({ then: (resolve: (text: string) => void) => resolve('late') }),
  };
  const agents = Object.fromEntries(Object.entries(answers).map(([id, answer]) => [id, answer as () => string]));
  const plan = Object.keys(answers).map((agent) => task(agent, { agent }));
  const result = await start(plan, { agents, clock }).settled();
  expect(result.outcomes).toHaveLength(plan.length);
  expect(outcomeOf(result, 'number').output).toBe('42');
  expect(outcomeOf(result, 'thenable').output).toBe('late');
});

it.each([
  ['null', null],
  ['undefined', undefined],
  ['a number', 0],
  ['an empty string', ''],
  ['a symbol', Symbol('s')],
  ['an object without a message', {}],
  ['an object without a prototype', Object.create(null)],
  [
    'an object whose message throws',
    {
      get message() {
        throw new Error('inner');
      },
    },
  ],
  ['an error without a message', new Error('')],
  ['a revoked proxy', revoked()],
])('records what an agent throws as internal and transient: %s', async (_, thrown) => {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, [{ throws: thrown }, {}]);
  const policy = { retry: { retries: 1, strategy: 'immediate' }, breaker: { enabled: false } } as const;
  const result = await start([task('a')], { agents: { one }, clock, policy }).settled();
  const [first] = outcomeOf(result, 'a').attempts;
  expect(first).toMatchObject({ result: 'failed', error: { kind: 'internal', retryable: true } });
  expect(first?.error?.message).not.toBe('');
  expect(result.status).toBe('succeeded');
});

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

it('takes agents that answer at once or throw at once', async () => {
  const clock = new VirtualClock();
  const agents = {
    quick: ({ prompt }: { prompt: string }) => prompt,
    wrong: () => {
      throw new Error('at once');
    },
  };
  const plan = [task('a', { agent: 'quick' }), task('b', { agent: 'wrong' })];
  const result = await start(plan, { agents, clock }).settled();
  expect(result.outcomes.map(({ status }) => status)).toEqual(['succeeded', 'failed']);
  expect(outcomeOf(result, 'b').error).toMatchObject({ kind: 'internal', message: 'at once' });
});

it('takes controls that are used after the end', async () => {
  const clock = new VirtualClock();
  let kept: import('../../src/types/agent.ts').AgentControls | undefined;
  const one = (_: unknown, controls: import('../../src/types/agent.ts').AgentControls) => {
    kept = controls;
    return 'done';
  };
  const run = start([task('a')], { agents: { one }, clock });
  await run.settled();
  const told = run.events.length;
  kept?.heartbeat();
  kept?.output('late');
  kept?.progress({ done: 1 });
  kept?.suspect({ kind: 'auth', reason: 'late' });
  await clock.advance(60_000);
  expect(run.events).toHaveLength(told);
});

it('fails an empty answer of an agent that must say something', async () => {
  const clock = new VirtualClock();
  const agents = {
    strict: scriptedAgent(clock, [{ ok: ' \n' }], { requireOutput: true }),
    lax: scriptedAgent(clock, [{ ok: '' }]),
  };
  const result = await start([task('a', { agent: 'strict' }), task('b', { agent: 'lax' })], {
    agents,
    clock,
  }).settled();
  expect(outcomeOf(result, 'a')).toMatchObject({ status: 'failed', error: { kind: 'empty' } });
  expect(outcomeOf(result, 'b')).toMatchObject({ status: 'succeeded', output: '' });
});

it('gives the agent all it needs', async () => {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, { a: [{ ok: 'first' }] });
  const plan = [task('a'), task('b', { dependsOn: ['a'], env: { X: '1' }, cwd: '/tmp' })];
  await start(plan, { agents: { one }, clock, run: { runId: 'r' } }).settled();
  const request = one.calls[1]?.request;
  expect(request).toMatchObject({
    taskId: 'b',
    agentId: 'one',
    runId: 'r',
    attempt: 1,
    key: 'r/b/1',
    question: 'do b',
    dependencies: { a: 'first' },
    env: { X: '1' },
    cwd: '/tmp',
  });
  expect(request?.prompt.startsWith('do b\n')).toBe(true);
});
