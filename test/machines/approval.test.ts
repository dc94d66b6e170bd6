import { describe, expect, it } from 'vitest';
import { createSoar } from '../../src/create-soar.ts';
import { memoryJournal } from '../../src/journal/memory-journal.ts';
import type { Plan } from '../../src/plan/types.ts';
import type { AskOptions, SoarOptions } from '../../src/soar-types.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { scriptedAgent } from '../support/scripted-agent.ts';
import { ONE_TRY, watch } from '../support/watched-run.ts';

const phases: SoarOptions['phases'] = {
  assess: () => ({ complexity: 'medium', score: 15, confidence: 1, reasons: [] }),
  decompose: ({ query }) => ({
    goal: query,
    subgoals: ['first', 'second'].map((id) => ({ id, title: id, prompt: `do ${id}`, dependsOn: [] })),
    notes: [],
  }),
  synthesize: ({ outcomes }) => ({ answer: outcomes.map(({ output }) => output).join(), confidence: 1, sources: [] }),
};

function story(options: Partial<SoarOptions> = {}, ask: AskOptions = {}) {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, [{ ms: 100 }]);
  const agents = { one };
  const common = { agents, policy: ONE_TRY, phases, clock, random: () => 0.5 };
  const soar = createSoar({ ...common, approve: true, ...options });
  return { one, common, ...watch(soar.ask('Why is it so?', { runId: 'asked', ...ask }), clock, soar) };
}

const edited: Plan = { tasks: [{ id: 'other', prompt: 'do another', agent: 'one' }] };

describe('a run that is to be approved', () => {
  it('shows its plan and waits, holding nothing', async () => {
    const run = story();
    await run.clock.advance(3_600_000);
    expect(run.run.actor.getSnapshot()).toMatchObject({ value: 'approve', tags: new Set(['waiting']) });
    expect(run.of('plan.proposed')).toMatchObject([
      { plan: { tasks: [{ id: 'first' }, { id: 'second' }] }, matches: [{ taskId: 'first', agentId: 'one' }, {}] },
    ]);
    expect(run.one.calls).toEqual([]);
    expect(run.clock.pending).toBe(0);
  });

  it('continues with the plan as it was shown', async () => {
    const run = story();
    await run.clock.advance(1000);
    run.run.approve();
    const result = await run.settled();
    expect(result).toMatchObject({ status: 'succeeded', answer: 'first by one,second by one' });
    expect(run.of('plan.approved')).toMatchObject([{ edited: false }]);
    expect(result.metadata.totalDurationMs).toBe(1100);
  });

  it('continues with the plan as it was edited', async () => {
    const run = story();
    await run.clock.advance(0);
    run.run.approve(edited);
    const result = await run.settled();
    expect(result).toMatchObject({ status: 'succeeded', answer: 'other by one', plan: { tasks: [{ id: 'other' }] } });
    expect(run.of('plan.approved')).toMatchObject([{ edited: true }]);
  });

  it('takes a plan that leaves the agent to the default', async () => {
    const run = story({ defaultAgent: 'one' });
    await run.clock.advance(0);
    run.run.approve({ tasks: [{ id: 'other', prompt: 'x' }] });
    expect((await run.settled()).outcomes).toMatchObject([{ taskId: 'other', agentId: 'one', status: 'succeeded' }]);
  });

  it('takes a plan that brings an agent along', async () => {
    const clock = new VirtualClock();
    const brought = scriptedAgent(clock, [{ ok: 'brought' }]);
    const run = story({ agentFromSpec: () => brought });
    await run.clock.advance(0);
    run.run.approve({
      agents: { mine: { kind: 'command', command: ['x'] } },
      tasks: [{ id: 'other', prompt: 'x', agent: 'mine' }],
    });
    expect((await run.settled()).answer).toBe('brought');
  });

  it('runs the plan as it says that it is to be run', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ fail: 'transient' }]);
    const spare = scriptedAgent(clock, [{ ok: 'from the spare' }]);
    const soar = createSoar({
      agents: { one, spare },
      policy: ONE_TRY,
      phases,
      clock,
      random: () => 0.5,
      approve: true,
    });
    const run = watch(soar.ask('Why?', { timeoutMs: 600_000 }), clock, soar);
    await clock.advance(0);
    run.run.approve({
      retries: 2,
      fallback: 'spare',
      timeoutMs: 1,
      tasks: [{ id: 'other', prompt: 'x', agent: 'one' }],
    });
    const result = await run.settled();
    expect(result).toMatchObject({ status: 'succeeded', answer: 'from the spare' });
    expect(one.calls).toHaveLength(3);
    expect(run.of('warning').map(({ message }) => message)).toEqual([
      expect.stringContaining('`timeoutMs` and `budget`'),
    ]);
  });

  it('waits on when the edited plan has a policy that there is not', async () => {
    const run = story();
    await run.clock.advance(0);
    const plan = { ...edited, policy: 'hasty' } as unknown as Plan;
    run.run.actor.send({ type: 'plan.approve', plan });
    expect(run.run.actor.getSnapshot()).toMatchObject({ value: 'approve' });
    expect(run.of('plan.faulty')[0]?.message).toContain('hasty');
    run.run.cancel();
    await run.settled();
  });

  it('waits on when the edited plan cannot be run, and says why', async () => {
    const run = story();
    await run.clock.advance(0);
    const circular = { tasks: [{ id: 'a', prompt: 'x', dependsOn: ['a'] }] };
    expect(() => run.run.approve(circular)).toThrow(expect.objectContaining({ code: 'invalid-plan' }));
    run.run.actor.send({ type: 'plan.approve', plan: { tasks: [{ id: 'a', prompt: 'x', agent: 'nobody' }] } });
    expect(run.run.actor.getSnapshot()).toMatchObject({ value: 'approve' });
    expect(run.of('plan.faulty')[0]?.message).toContain('nobody');
    run.run.approve();
    expect((await run.settled()).status).toBe('succeeded');
  });

  it('ends as cancelled when the plan is refused, with the reason', async () => {
    const run = story();
    await run.clock.advance(0);
    run.run.refuse('It asks the wrong things.');
    expect(await run.settled()).toMatchObject({
      status: 'cancelled',
      error: { kind: 'cancelled', message: 'It asks the wrong things.' },
      plan: { tasks: [{ id: 'first' }, { id: 'second' }] },
      outcomes: [],
    });
    expect(run.one.calls).toEqual([]);
  });

  it('obeys a cancel, and the limit of the run', async () => {
    const cancelled = story();
    await cancelled.clock.advance(0);
    cancelled.run.cancel('enough');
    expect(await cancelled.settled()).toMatchObject({ status: 'cancelled', error: { message: 'enough' } });
    const late = story({ timeoutMs: 60_000 });
    expect(await late.settled()).toMatchObject({ status: 'cancelled', error: { kind: 'timeout' } });
    expect(late.clock.now()).toBe(60_000);
  });

  it('is any run, or the one that is asked so', async () => {
    const without = story({ approve: false });
    expect((await without.settled()).status).toBe('succeeded');
    const alone = story({ approve: false }, { approve: true });
    await alone.clock.advance(0);
    expect(alone.run.actor.getSnapshot()).toMatchObject({ value: 'approve' });
    const other = story({}, { approve: false });
    expect((await other.settled()).status).toBe('succeeded');
  });

  it('is not disturbed by a word that comes too early or too late', async () => {
    const run = story();
    run.run.approve();
    run.run.refuse();
    await run.clock.advance(0);
    expect(run.run.actor.getSnapshot()).toMatchObject({ value: 'approve' });
    run.run.approve();
    await run.settled();
    run.run.refuse();
    expect((await run.run.result).status).toBe('succeeded');
  });
});

describe('a run that is to be approved and is resumed', () => {
  it('waits again with the same plan, and does not plan again', async () => {
    const first = memoryJournal();
    const run = story({ journal: first });
    await run.clock.advance(1000);
    const soar = createSoar({ ...run.common, journal: first.crash() });
    const next = watch(soar.resume('asked'), run.clock, soar);
    await run.clock.advance(1000);
    expect(next.of('phase.started')).toEqual([]);
    expect(next.of('plan.proposed')).toMatchObject([{ plan: { tasks: [{ id: 'first' }, { id: 'second' }] } }]);
    next.run.approve();
    expect((await next.settled()).answer).toBe('first by one,second by one');
  });

  it('continues with the plan that was approved, edited and all', async () => {
    const first = memoryJournal();
    const run = story({ journal: first });
    await run.clock.advance(0);
    run.run.approve(edited);
    await run.clock.advance(50);
    const soar = createSoar({ ...run.common, journal: first.crash() });
    const next = watch(soar.resume('asked'), run.clock, soar);
    const result = await next.settled();
    expect(next.of('plan.proposed')).toEqual([]);
    expect(result).toMatchObject({ status: 'succeeded', answer: 'other by one', plan: { tasks: [{ id: 'other' }] } });
    expect(run.one.calls.map(({ taskId, attempt }) => [taskId, attempt])).toEqual([
      ['other', 1],
      ['other', 2],
    ]);
  });

  it('has the agents again that an edited plan brought along', async () => {
    const first = memoryJournal();
    const clock = new VirtualClock();
    const brought = scriptedAgent(clock, [{ ms: 100, ok: 'brought' }]);
    const agentFromSpec = () => brought;
    const run = story({ journal: first, agentFromSpec });
    await run.clock.advance(0);
    run.run.approve({
      agents: { mine: { kind: 'command', command: ['x'] } },
      tasks: [{ id: 'other', prompt: 'x', agent: 'mine' }],
    });
    await run.clock.advance(50);
    const soar = createSoar({ ...run.common, agentFromSpec, journal: first.crash() });
    const next = watch(soar.resume('asked'), run.clock, soar);
    await run.clock.advance(10);
    await clock.advance(500);
    expect((await next.settled()).answer).toBe('brought');
  });

  it('is over for good when it was refused', async () => {
    const journal = memoryJournal();
    const run = story({ journal });
    await run.clock.advance(0);
    run.run.refuse();
    await run.settled();
    expect(() => run.soar.resume('asked')).toThrow(expect.objectContaining({ code: 'run-cancelled' }));
    expect(journal.list()).toMatchObject([{ status: 'cancelled' }]);
  });
});
