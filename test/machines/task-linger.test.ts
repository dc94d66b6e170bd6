import { describe, expect, it } from 'vitest';
import { AgentError } from '../../src/errors/agent-error.ts';
import { POLICIES } from '../../src/policy/presets.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import type { Agent, AgentControls } from '../../src/types/agent.ts';
import { type Step, scriptedAgent } from '../support/scripted-agent.ts';
import { outcomeOf, start, task } from '../support/watched-run.ts';

type Said = NonNullable<Step['says']>;

/** An agent that says these things, never leaves by itself, and answers `stated` when it is asked to stop. */
function lingerer(clock: VirtualClock, says: Said, step: Step = {}) {
  return scriptedAgent(clock, [{ hang: true, lastWords: 'stated', says, ...step }]);
}

const concludes = (at: number) => ({ at, concludes: 'stated' });
const every = (ms: number, until: number, what: object) =>
  Array.from({ length: Math.floor(until / ms) }, (_, index) => ({ at: (index + 1) * ms, ...what }));

async function settledBy(agent: Agent, clock: VirtualClock, policy: object = {}) {
  const tasks = [task('a', { agent: 'one' }), task('b', { dependsOn: ['a'], agent: 'two' })];
  const run = start(tasks, { agents: { one: agent, two: async () => 'then' }, clock, policy });
  const result = await run.settled();
  return { result, outcome: outcomeOf(result, 'a'), dependent: outcomeOf(result, 'b'), run };
}

describe('an agent that has stated its end and does not leave', () => {
  it('is stopped after five seconds, succeeds in one attempt, and its dependent runs', async () => {
    const clock = new VirtualClock();
    const { outcome, dependent, result } = await settledBy(lingerer(clock, [concludes(1000)]), clock);
    expect(outcome).toMatchObject({ status: 'succeeded', output: 'stated', settledAt: 6000 });
    expect(outcome?.attempts).toHaveLength(1);
    expect(dependent).toMatchObject({ status: 'succeeded' });
    expect(result.metadata.breakers.one).toMatchObject({ failures: 0, opened: 0 });
  });

  it('has as long as the policy says', async () => {
    const clock = new VirtualClock();
    const agent = lingerer(clock, [concludes(1000)]);
    const { outcome } = await settledBy(agent, clock, { termination: { lingerMs: 250 } });
    expect(outcome).toMatchObject({ status: 'succeeded', settledAt: 1250 });
    expect(POLICIES.default.termination.lingerMs).toBe(5000);
  });

  it('has the time anew after every later statement', async () => {
    const clock = new VirtualClock();
    const { outcome } = await settledBy(lingerer(clock, [concludes(1000), concludes(4000), concludes(8000)]), clock);
    expect(outcome).toMatchObject({ status: 'succeeded', settledAt: 13_000 });
  });

  it('gains no time by heartbeats', async () => {
    const clock = new VirtualClock();
    const says = [concludes(1000), ...every(500, 60_000, { beat: true })];
    expect((await settledBy(lingerer(clock, says), clock)).outcome).toMatchObject({ settledAt: 6000 });
  });

  it('gains at most twelve times the time by statements without work', async () => {
    const clock = new VirtualClock();
    const says = every(1000, 300_000, { concludes: 'stated' });
    expect((await settledBy(lingerer(clock, says), clock)).outcome).toMatchObject({
      status: 'succeeded',
      settledAt: 61_000,
    });
  });

  it('may continue working, and is stopped when that is over', async () => {
    const clock = new VirtualClock();
    const says = [concludes(1000), ...every(4000, 80_000, { output: 'more ' })];
    expect((await settledBy(lingerer(clock, says), clock)).outcome).toMatchObject({
      status: 'succeeded',
      settledAt: 85_000,
    });
  });

  it('is stopped by no idle clock meanwhile', async () => {
    const clock = new VirtualClock();
    const policy = { clocks: { idleTimeoutMs: 2000, onIdle: 'stop' } };
    const { outcome, run } = await settledBy(lingerer(clock, [concludes(1000)]), clock, policy);
    expect(outcome).toMatchObject({ status: 'succeeded', settledAt: 6000 });
    expect(run.states('a')).toEqual(['staggered', 'running', 'stopping']);
  });

  it('keeps its answer when its longest time is over before', async () => {
    const clock = new VirtualClock();
    const policy = { clocks: { mode: 'fixed', maxTimeoutMs: 3000 } };
    const { outcome } = await settledBy(lingerer(clock, [concludes(1000)]), clock, policy);
    expect(outcome).toMatchObject({ status: 'succeeded', output: 'stated', settledAt: 3000 });
  });

  it('keeps its answer when the run is cancelled', async () => {
    const clock = new VirtualClock();
    const run = start([task('a'), task('b', { dependsOn: ['a'] })], {
      agents: { one: lingerer(clock, [concludes(1000)]) },
      clock,
    });
    await clock.advance(2000);
    run.run.cancel('enough');
    const result = await run.settled();
    expect(outcomeOf(result, 'a')).toMatchObject({ status: 'succeeded', output: 'stated', error: null });
    expect(outcomeOf(result, 'b')).toMatchObject({ status: 'cancelled' });
  });

  it('keeps its answer when it cannot be stopped at all', async () => {
    const clock = new VirtualClock();
    const { outcome, run } = await settledBy(lingerer(clock, [concludes(1000)], { deaf: true }), clock);
    expect(outcome).toMatchObject({ status: 'succeeded', output: 'stated' });
    expect(
      run
        .of('warning')
        .map(({ message }) => message)
        .join(),
    ).toContain('did not end within');
  });

  it('fails as it had stated, and not by the clock that stops it', async () => {
    const clock = new VirtualClock();
    const failure = () => {
      throw new AgentError('invalid_model', 'no such model');
    };
    const agent = async (_: unknown, { conclude, signal }: AgentControls) => {
      conclude(failure);
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      return failure();
    };
    const { outcome } = await settledBy({ run: agent }, clock, { retry: { retries: 3 } });
    expect(outcome).toMatchObject({ status: 'failed', error: { kind: 'invalid_model' }, settledAt: 5000 });
    expect(outcome?.attempts).toHaveLength(1);
  });

  it('is suspected of nothing any more', async () => {
    const clock = new VirtualClock();
    const says = [concludes(1000), { at: 1500, suspect: 'auth' as const }];
    const { outcome, result } = await settledBy(lingerer(clock, says), clock, { termination: { confirmMs: 100 } });
    expect(outcome).toMatchObject({ status: 'succeeded', settledAt: 6000 });
    expect(result.metadata.earlyTerminations).toEqual([]);
  });
});

it('an agent that is asked to stop before it states its end is cancelled, whatever it then answers', async () => {
  const clock = new VirtualClock();
  const agent = scriptedAgent(clock, [{ hang: true, dyingMs: 100, lastWords: 'late' }]);
  const run = start([task('a')], { agents: { one: agent }, clock });
  await clock.advance(1000);
  run.run.cancel('enough');
  expect(outcomeOf(await run.settled(), 'a')).toMatchObject({ status: 'cancelled', output: 'late' });
});
