import { describe, expect, it } from 'vitest';
import { createSoar } from '../../src/create-soar.ts';
import { AgentError } from '../../src/errors/agent-error.ts';
import { memoryJournal } from '../../src/journal/memory-journal.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { type Step, scriptedAgent } from '../support/scripted-agent.ts';
import { fragile, outcomeOf, start, task, tasks, watch } from '../support/watched-run.ts';

function shortage(code: string): Error {
  return Object.assign(new Error(`spawn claude ${code}`), { code, syscall: 'spawn claude', errno: -11 });
}

const SHORT: Step = { throws: new AgentError('spawn', 'No process left', { cause: shortage('EAGAIN') }) };

function trouble(script: Record<string, Step[]>, options: object = {}) {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, script);
  return {
    clock,
    one,
    run: start(tasks(Object.keys(script).length), { agents: { one }, clock, policy: fragile(), ...options }),
  };
}

describe('trouble of this machine', () => {
  it.each(['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM', 'ENOSPC', 'ETXTBSY'])(
    '%s costs no task and no retry',
    async (code) => {
      const { run } = trouble({ t1: [{ throws: shortage(code) }, { throws: shortage(code) }, {}] });
      const result = await run.settled();
      expect(outcomeOf(result, 't1')).toMatchObject({ status: 'succeeded', attempts: [{ n: 1 }, { n: 2 }, { n: 3 }] });
      expect(run.startTimes()).toEqual([0, 200, 600]);
      expect(result.metadata).toMatchObject({ retriedTasks: [], breakers: { one: { state: 'closed', failures: 0 } } });
    },
  );

  it('shows as `retrying`, with a reason and a time', async () => {
    const { run } = trouble({ t1: [SHORT, {}] });
    await run.settled();
    expect(run.states('t1')).toEqual(['staggered', 'running', 'retrying', 'staggered', 'running']);
    expect(run.of('task.state').find(({ state }) => state === 'retrying')).toMatchObject({
      until: 200,
      reason: 'waits for this machine: No process left (spawn claude EAGAIN)',
    });
  });

  it('is distinguished from the wait of a retry that follows', async () => {
    const { run } = trouble({ t1: [SHORT, { fail: 'transient' }, {}] }, { policy: { retry: { retries: 1 } } });
    await run.settled();
    const [, retry] = run.of('task.state').filter(({ state }) => state === 'retrying');
    expect(retry?.reason).toBe('waits before its next attempt');
  });

  it('fails the task once it has waited a minute, and says so', async () => {
    const { run } = trouble({ t1: [SHORT] });
    const outcome = outcomeOf(await run.settled(), 't1');
    expect(outcome).toMatchObject({ status: 'failed', settledAt: 60_000 });
    expect(outcome.error).toEqual({
      kind: 'spawn',
      message: 'No process left (spawn claude EAGAIN) (it was tried 17 times in 60 seconds)',
      retryable: false,
    });
  });

  it('ends in the fallback once it has lasted a minute', async () => {
    const clock = new VirtualClock();
    const agents = { one: scriptedAgent(clock, [SHORT]), two: scriptedAgent(clock) };
    const run = start(tasks(1), { agents, clock, defaultAgent: 'one', fallback: 'two' });
    expect(outcomeOf(await run.settled(), 't1')).toMatchObject({ via: 'fallback', settledAt: 60_000 });
  });

  it('of a fallback costs no task either', async () => {
    const clock = new VirtualClock();
    const agents = {
      one: scriptedAgent(clock, [{ fail: 'forbidden' }]),
      two: scriptedAgent(clock, [SHORT, SHORT, {}]),
    };
    const run = start(tasks(1), { agents, clock, defaultAgent: 'one', fallback: 'two' });
    expect(outcomeOf(await run.settled(), 't1')).toMatchObject({
      status: 'succeeded',
      via: 'fallback',
      settledAt: 600,
    });
  });

  it('of a fallback that lasts names the error of the own agent once', async () => {
    const clock = new VirtualClock();
    const agents = { one: scriptedAgent(clock, [{ fail: 'forbidden' }]), two: scriptedAgent(clock, [SHORT]) };
    const run = start(tasks(1), { agents, clock, defaultAgent: 'one', fallback: 'two' });
    const { error } = outcomeOf(await run.settled(), 't1');
    expect(error?.message.split('before it')).toHaveLength(2);
  });

  it('counts as attempts against a budget', async () => {
    const { run } = trouble({ t1: [SHORT] }, { run: { budget: { attempts: 3 } } });
    expect(outcomeOf(await run.settled(), 't1')).toMatchObject({
      status: 'skipped',
      error: { kind: 'budget' },
      attempts: [{ n: 1 }, { n: 2 }, { n: 3 }],
    });
  });

  it('ends at once when the run is cancelled', async () => {
    const { run, clock } = trouble({ t1: [SHORT] });
    await clock.advance(10_000);
    run.run.cancel();
    expect(outcomeOf(await run.settled(), 't1')).toMatchObject({ status: 'cancelled', settledAt: 10_000 });
  });

  it('continues counting when the run is resumed', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [SHORT]);
    let journal = memoryJournal();
    const engine = () => createSoar({ agents: { one }, clock, journal });
    engine().run({ tasks: [task('a')] }, { runId: 'r' });
    await clock.advance(30_000);
    journal = journal.crash();
    const next = engine();
    const result = await watch(next.resume('r'), clock, next).settled();
    expect(outcomeOf(result, 'a')).toMatchObject({ error: { kind: 'spawn' }, settledAt: 60_000 });
  });

  it('gives the probe of a half-open breaker to the next task', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, { down: [{ fail: 'transient' }], t1: [SHORT, {}] });
    const policy = fragile({ onOpen: 'wait' });
    const plan = [task('down'), ...tasks(3, { dependsOn: ['down'] })];
    const run = start(plan, { agents: { one }, clock, policy, onDependencyFailure: 'proceed' });
    const { metadata } = await run.settled();
    expect(metadata).toMatchObject({ succeeded: 3, breakers: { one: { state: 'closed', opened: 1 } } });
  });
});

describe('a failure that an agent blames on the task', () => {
  it('leaves the breaker closed and is handled by its kind otherwise', async () => {
    const failure: Step = { fail: 'invalid_request', details: { fault: 'task' } };
    const { run } = trouble({ t1: [failure], t2: [failure], t3: [{}] }, { maxConcurrent: 1 });
    const result = await run.settled();
    expect(result.outcomes.map(({ status }) => status)).toEqual(['failed', 'failed', 'succeeded']);
    expect(result.metadata.breakers.one).toMatchObject({ state: 'closed', failures: 0 });
  });
});

describe('an agent that runs its prompt as code', () => {
  const outcomes = async (script: Record<string, Step[]>, profile: object) => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, { ...script, last: [{}] }, profile);
    const plan = [...Object.keys(script), 'last'].map((id) => task(id, { timeoutMs: 5000 }));
    const { outcomes: all } = await start(plan, {
      agents: { one },
      clock,
      policy: fragile(),
      maxConcurrent: 1,
    }).settled();
    return all.map(({ status, error }) => error?.kind ?? status);
  };

  it.each(['exit', 'connection', 'auth', 'not_found', 'transient'] as const)(
    'is not blamed for a script that fails as %s',
    async (fail) => {
      expect(await outcomes({ a: [{ fail }], b: [{ fail }] }, { promptIsCode: true })).toEqual([
        fail,
        fail,
        'succeeded',
      ]);
    },
  );

  it('is not blamed for a script that hangs', async () => {
    expect(await outcomes({ a: [{ hang: true }] }, { promptIsCode: true })).toEqual(['timeout', 'succeeded']);
  });

  it('is blamed when it cannot be started itself', async () => {
    expect(await outcomes({ a: [{ fail: 'spawn' }] }, { promptIsCode: true })).toEqual(['spawn', 'circuit_open']);
  });

  it('differs from an agent whose command is fixed', async () => {
    expect(await outcomes({ a: [{ fail: 'exit' }] }, {})).toEqual(['exit', 'circuit_open']);
  });
});
