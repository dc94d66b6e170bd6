import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { AnyActorRef, EventObject, Snapshot } from 'xstate';
import { resolveAgents } from '../../src/agents/resolve.ts';
import type { CollectEvent, CollectInput } from '../../src/machines/collect/events.ts';
import { collectMachine } from '../../src/machines/collect/machine.ts';
import type { RunOpened } from '../../src/machines/gate/events.ts';
import type { WaveEvent, WaveInput } from '../../src/machines/wave/events.ts';
import type { Task, TaskSpec } from '../../src/plan/types.ts';
import type { LogEntry } from '../../src/run/entries.ts';
import type { RunEventBody } from '../../src/run/events.ts';
import type { RunLog } from '../../src/run/log.ts';
import { drive } from '../../src/testing/index.ts';
import type { TaskStatus } from '../../src/types/task.ts';
import type { RosterCommand } from '../../src/xstate/roster.ts';
import { addressee, fakeReport, fakeServices } from '../model/fakes.ts';
import { task } from '../support/watched-run.ts';

/** The collect machine alone: its waves receive events and do nothing, its gate and its log remember. */
function collect(tasks: readonly TaskSpec[], input: Partial<CollectInput> = {}) {
  const told: RosterCommand[] = [];
  const body: RunEventBody[] = [];
  const logged: LogEntry[] = [];
  const gate = addressee();
  const roster = {
    getInitialSnapshot: (): Snapshot<undefined> => ({ status: 'active', output: undefined, error: undefined }),
    transition: (snapshot: Snapshot<undefined>, event: EventObject): Snapshot<undefined> => {
      if (event.type === 'roster.break') return { status: 'error', output: undefined, error: new Error('no roster') };
      told.push(event as RosterCommand);
      return snapshot;
    },
    getPersistedSnapshot: (snapshot: Snapshot<unknown>) => snapshot,
  };
  const { actor, gates } = drive(collectMachine.provide({ actors: { waves: roster as never } }), {
    input: {
      plan: { tasks: input.services ? tasks : tasks.map((one) => ({ agent: 'a', ...one })) },
      services: { ...fakeServices(), gate },
      publish: (one) => body.push(one),
      log: { append: (entry: LogEntry) => logged.push(entry) } as unknown as RunLog,
      ...input,
    },
  });
  const { run, scheduler } = actor.getSnapshot().context;
  const settle = (id: string, status: TaskStatus = 'succeeded') => {
    const one = run.plan.byId.get(id) ?? expect.fail(id);
    const report = fakeReport(one, status);
    actor.send({ type: 'tasks.settled', wave: one.wave, reports: [report] });
  };
  const events = () => told.flatMap((command) => (command.type === 'child.send' ? [command.event as WaveEvent] : []));
  return {
    actor,
    gates,
    run,
    scheduler,
    gate,
    told,
    body,
    logged,
    settle,
    send: (event: CollectEvent) => actor.send(event),
    started: () => told.flatMap((command) => (command.type === 'child.start' ? [command.id] : [])),
    inputs: () => told.flatMap((command) => (command.type === 'child.start' ? [command.input as WaveInput] : [])),
    handed: () => events().flatMap((event) => (event.type === 'tasks.ready' ? event.tasks.map(({ id }) => id) : [])),
    skipped: () => events().flatMap((event) => (event.type === 'tasks.skip' ? event.skips : [])),
    stops: () => told.flatMap((command) => (command.type === 'children.send' ? [command.event] : [])),
    outcomes: () => run.book.reports().map(({ outcome }) => [outcome.taskId, outcome.status, outcome.error?.message]),
  };
}

const done = (wave: number): CollectEvent => ({
  type: 'child.done',
  id: `wave.${wave}`,
  output: { wave, succeeded: 2, failed: 1, partial: 3 },
});

// XState warns of what is sent to a roster that broke.
beforeEach(() => void vi.spyOn(console, 'warn').mockImplementation(() => {}));

describe('a wave', () => {
  it('starts when the one before it is done, and is reported of when it starts and settles', () => {
    const { started, body, settle, send } = collect([task('one'), task('two', { dependsOn: ['one'] })]);
    settle('one');
    expect(started()).toEqual(['wave.1']);
    send(done(1));
    expect(started()).toEqual(['wave.1', 'wave.2']);
    expect(body.filter(({ type }) => type.startsWith('wave.'))).toEqual([
      { type: 'wave.started', wave: 1, tasks: 1 },
      { type: 'wave.settled', wave: 1, succeeded: 2, failed: 1, partial: 3 },
      { type: 'wave.started', wave: 2, tasks: 1 },
    ]);
  });

  it('does not start when all its tasks settled before', () => {
    const before = collect([task('one'), task('two', { dependsOn: ['one'] }), task('three', { dependsOn: ['two'] })]);
    const settled = ['one', 'two'].map((id) => fakeReport(before.run.plan.byId.get(id) as Task, 'succeeded'));
    const { started, inputs } = collect(
      [task('one'), task('two', { dependsOn: ['one'] }), task('three', { dependsOn: ['two'] })],
      { settled },
    );
    expect(started()).toEqual(['wave.3']);
    expect(inputs()[0]?.ready.map(({ id }) => id)).toEqual(['three']);
  });

  it('starts what may run, beside what is skipped', () => {
    const { inputs, skipped, settle, send } = collect(
      [task('bad'), task('good'), task('lost', { dependsOn: ['bad'] }), task('next', { dependsOn: ['good'] })],
      { settings: { onDependencyFailure: 'skip' } },
    );
    settle('bad', 'failed');
    settle('good');
    send(done(1));
    expect(inputs()[1]?.tasks.map(({ id }) => id)).toEqual(['lost', 'next']);
    expect(inputs()[1]?.ready.map(({ id }) => id)).toEqual(['next']);
    expect(skipped()).toMatchObject([{ taskId: 'lost', kind: 'dependency' }]);
  });

  it('that breaks settles its tasks as failed, and the next one starts', () => {
    const { outcomes, started, body, settle, send } = collect([
      task('one'),
      task('two'),
      task('later', { dependsOn: ['one'] }),
    ]);
    settle('one');
    send({ type: 'child.failed', id: 'wave.1', error: new Error('out of luck') });
    expect(outcomes()).toEqual([
      ['one', 'succeeded', undefined],
      ['two', 'failed', 'Its wave broke: Error: out of luck'],
    ]);
    expect(started()).toEqual(['wave.1', 'wave.2']);
    expect(body.some(({ type }) => type === 'wave.settled')).toBe(false);
  });

  it('breaks for what cannot be retried', () => {
    const { run, send } = collect([task('one')]);
    send({ type: 'child.failed', id: 'wave.1', error: 'oops' });
    expect(run.book.reports()[0]?.outcome.error).toEqual({
      kind: 'internal',
      message: 'Its wave broke: oops',
      retryable: false,
    });
  });

  it('is lost with all others when their roster breaks, and no other one starts', () => {
    const { actor, outcomes, started, settle } = collect([
      task('one'),
      task('two'),
      task('later', { dependsOn: ['one'] }),
      task('last', { dependsOn: ['later'] }),
    ]);
    settle('one');
    actor.getSnapshot().children.waves?.send({ type: 'roster.break' } as never);
    expect(outcomes().map(([id, status]) => [id, status])).toEqual([
      ['one', 'succeeded'],
      ['two', 'failed'],
      ['later', 'failed'],
      ['last', 'failed'],
    ]);
    expect(actor.getSnapshot().status).toBe('done');
    expect(started()).toEqual(['wave.1']);
  });

  it('gets all a task needs', () => {
    const { inputs, run } = collect([task('one')], { query: 'Why?', runId: 'r1' });
    const input = inputs()[0]?.prepare(run.plan.byId.get('one') ?? expect.fail());
    expect(input).toMatchObject({ query: 'Why?', runId: 'r1', agent: { id: 'a' }, log: run.input.log });
    expect(input).not.toHaveProperty('resumed');
    const other = collect([task('one')]);
    expect(other.inputs()[0]?.prepare(other.run.plan.byId.get('one') ?? expect.fail())).not.toHaveProperty('query');
  });
});

describe('a task', () => {
  it('that settles is logged and published once, however often its wave says so', () => {
    const { logged, body, settle } = collect([task('one'), task('two')]);
    for (const id of ['one', 'one']) settle(id);
    expect(logged.filter(({ type }) => type === 'task.settled')).toMatchObject([
      { report: { outcome: { taskId: 'one', status: 'succeeded' } } },
    ]);
    expect(body.filter(({ type }) => type === 'task.settled')).toMatchObject([{ settled: 1, total: 2 }]);
  });
});

describe('a failure that had ended the run before it was interrupted', () => {
  const plan = [task('one', { agent: 'a', critical: true }), task('two', { agent: 'a' })];
  const failed = fakeReport(collect(plan).run.plan.byId.get('one') as Task, 'failed');
  const resumed = { tasks: new Map(), isCompiled: true, spent: {}, lastStartAt: null } as never;

  it('ends it again, and is not logged again', () => {
    const { logged, outcomes } = collect(plan, { settled: [failed], resumed });
    expect(outcomes().map(([id, status]) => [id, status])).toEqual([
      ['one', 'failed'],
      ['two', 'skipped'],
    ]);
    expect(logged).toMatchObject([{ report: { outcome: { taskId: 'two' } } }]);
  });

  it('ends it, not the budget that is found to be spent meanwhile', () => {
    const spender = (event: EventObject) => {
      const { type, ref } = event as RunOpened;
      if (type === 'run.opened') (ref as unknown as AnyActorRef).send({ type: 'budget.spent', what: 'tokens' });
    };
    const gate = { send: spender, _send: spender };
    const { logged, body, outcomes } = collect(plan, {
      settled: [failed],
      resumed,
      services: { ...fakeServices(), gate },
    });
    expect(outcomes()).toEqual([
      ['one', 'failed', failed.outcome.error?.message],
      ['two', 'skipped', `Task \`one\` failed: ${failed.outcome.error?.message}`],
    ]);
    expect(logged.map((entry) => entry.type === 'task.settled' && entry.report.outcome.taskId)).toEqual(['two']);
    expect(body.filter(({ type }) => type === 'task.settled')).toHaveLength(2);
  });
});

describe('of the eager schedule', () => {
  const eager = (maxConcurrent: number): Partial<CollectInput> => ({
    settings: { schedule: 'eager', maxConcurrent, onDependencyFailure: 'skip' },
  });

  it('all waves start at once, and tasks are handed to them while there is room in front of the gate', () => {
    const { started, handed, send, scheduler } = collect(
      [task('a'), task('b'), task('c'), task('d'), task('last', { dependsOn: ['d'] })],
      eager(2),
    );
    expect(started()).toEqual(['wave.1', 'wave.2']);
    expect(handed()).toEqual(['a', 'b']);
    send({ type: 'task.dequeued', taskId: 'a' });
    expect(handed()).toEqual(['a', 'b', 'c']);
    // It waits again, in a retry say, and takes room; its report changes nothing.
    send({ type: 'task.queued', taskId: 'a' });
    send({ type: 'task.dequeued', taskId: 'b' });
    expect(handed()).toEqual(['a', 'b', 'c']);
    expect([...scheduler.queued]).toEqual(['c', 'a']);
    send({ type: 'task.dequeued', taskId: 'c' });
    expect(handed()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('what settles without having left the gate makes room, too', () => {
    const { handed, settle } = collect([task('a'), task('b')], eager(1));
    settle('a', 'failed');
    expect(handed()).toEqual(['a', 'b']);
  });

  it('a dependent of a failure is skipped by its own wave', () => {
    const { skipped, told, settle } = collect([task('a'), task('b', { dependsOn: ['a'] })], eager(4));
    settle('a', 'failed');
    expect(skipped()).toMatchObject([{ taskId: 'b', kind: 'dependency' }]);
    expect(told.at(-1)).toMatchObject({ type: 'child.send', id: 'wave.2' });
  });

  it('thousands of tasks are handed on once each, in the order in which they became ready', () => {
    const count = 5000;
    const { handed, send } = collect(
      Array.from({ length: count }, (_, i) => task(`t${i}`)),
      eager(1),
    );
    for (let i = 0; i < count; i += 1) send({ type: 'task.dequeued', taskId: `t${i}` });
    expect(handed()).toEqual(Array.from({ length: count }, (_, i) => `t${i}`));
  });
});

describe('a task that asks what another one asks', () => {
  const same = [task('a', { prompt: 'Why?' }), task('b', { prompt: 'Why?' }), task('c', { prompt: 'How?' })];
  const cached = (schedule: 'wave' | 'eager', maxConcurrent = 2): Partial<CollectInput> => ({
    settings: { cache: true, schedule, maxConcurrent },
  });
  const answered = ({ told }: ReturnType<typeof collect>) =>
    told.flatMap((one) =>
      one.type === 'child.send' && one.event.type === 'tasks.answered'
        ? (one.event as Extract<WaveEvent, { type: 'tasks.answered' }>).answers
        : [],
    );

  it('is held back, and reported as held, of the agent it would have had', () => {
    const agents = resolveAgents({ a: () => '' });
    const one = collect(same, { ...cached('wave'), services: { ...fakeServices(), agents } });
    expect(one.inputs()[0]?.ready.map(({ id }) => id)).toEqual(['a', 'c']);
    expect(one.body.filter(({ type }) => type === 'task.state')).toEqual([
      {
        type: 'task.state',
        taskId: 'b',
        agentId: 'a',
        wave: 1,
        state: 'staggered',
        waitingFor: 'duplicate',
        reason: 'waits for `a`, which asks the same',
      },
    ]);
  });

  it('is handed to its wave when the other one failed', () => {
    const one = collect(same, cached('wave'));
    one.settle('a', 'failed');
    expect(one.handed()).toEqual(['b']);
  });

  it('is handed to its wave once there is room, of the eager schedule', () => {
    const one = collect(same, cached('eager'));
    expect(one.handed()).toEqual(['a', 'c']);
    one.send({ type: 'task.queued', taskId: 'x' });
    one.settle('a', 'failed');
    expect(one.handed()).toEqual(['a', 'c']);
    one.send({ type: 'task.dequeued', taskId: 'c' });
    expect(one.handed()).toEqual(['a', 'c', 'b']);
  });

  it('is waited for when it had begun before the run was interrupted', () => {
    const tasks = new Map([['b', { attempts: [{}] }]]);
    const resumed = { tasks, isCompiled: true, spent: {}, lastStartAt: null } as never;
    const one = collect(same, { ...cached('wave'), resumed });
    expect(one.inputs()[0]?.ready.map(({ id }) => id)).toEqual(['b', 'c']);
    expect(one.body.find(({ type }) => type === 'task.state')).toMatchObject({ taskId: 'a' });
  });

  it.each(['wave', 'eager'] as const)('is reported what another run was answered, of the %s schedule', (schedule) => {
    const answers = { find: () => ({ output: 'because' }), save: () => {} } as never;
    const agents = resolveAgents({ a: { run: () => '', version: '1' } });
    const one = collect([task('a'), task('b', { dependsOn: ['a'] })], {
      ...cached(schedule),
      services: { ...fakeServices(), agents, answers },
    });
    expect(answered(one)).toMatchObject([{ taskId: 'a', agentId: 'a', output: 'because' }]);
    one.settle('a');
    one.send(done(1));
    expect(answered(one).map(({ taskId }) => taskId)).toEqual(['a', 'b']);
  });
});

describe('a run that stops', () => {
  const plan = [task('one'), task('two'), task('later', { dependsOn: ['one'] })];
  const withdrawn = ({ gate }: ReturnType<typeof collect>) =>
    gate.sent.filter(({ type }) => type === 'run.withdraw').length;

  it('on request: its waits are withdrawn, its waves cancelled, what never began settles as cancelled', () => {
    const one = collect(plan);
    one.run.inFlight.now = 3;
    one.send({ type: 'run.cancel', kind: 'cancelled', message: 'enough' });
    expect(withdrawn(one)).toBe(1);
    expect(one.gate.sent).toContainEqual({ type: 'run.withdraw', runId: 'run' });
    expect(one.stops()).toEqual([
      { type: 'wave.stop', kind: 'cancelled', message: 'enough', unadmitted: 'cancelled', admitted: 'cancel' },
    ]);
    expect(one.outcomes()).toEqual([['later', 'cancelled', 'enough']]);
    expect(one.body).toContainEqual({ type: 'run.stopping', kind: 'cancelled', reason: 'enough' });
  });

  it('when its time is up', () => {
    const one = collect(plan, { settings: { timeoutMs: 700 } });
    one.gates.done('deadline');
    expect(one.body).toContainEqual({
      type: 'run.stopping',
      kind: 'timeout',
      reason: 'The run did not finish within 700 ms.',
    });
    expect(withdrawn(one)).toBe(1);
  });

  it('when a budget is spent: what is at work continues, and nothing is withdrawn', () => {
    const one = collect(plan);
    one.send({ type: 'budget.spent', what: 'tokens' });
    const reason = "The run's budget of tokens is spent.";
    expect(withdrawn(one)).toBe(0);
    expect(one.stops()).toEqual([
      { type: 'wave.stop', kind: 'budget', message: reason, unadmitted: 'skipped', admitted: 'skip' },
    ]);
    expect(one.outcomes()).toEqual([['later', 'skipped', reason]]);
    expect(one.body).toContainEqual({ type: 'run.stopping', kind: 'budget', reason });
  });

  it('not for a budget that the last start needed has spent', () => {
    const one = collect([task('one'), task('two')]);
    one.settle('one');
    one.run.inFlight.now = 1;
    one.send({ type: 'budget.spent', what: 'attempts' });
    expect(one.body.some(({ type }) => type === 'run.stopping')).toBe(false);
  });

  it('names the budget of time, which is not spent', () => {
    const one = collect(plan, { settings: { budget: { timeMs: 100 } } });
    one.gates.done('budget');
    expect(one.body).toContainEqual({
      type: 'run.stopping',
      kind: 'budget',
      reason: "The run's budget of time is spent.",
    });
  });

  it.each([
    ['critical', { critical: true }, {}],
    ['one of a plan that aborts', {}, { onDependencyFailure: 'abort' } as const],
  ])('when a task fails that is %s, and says which', (_, spec, settings) => {
    const one = collect([task('zero'), task('one', spec), task('two'), task('later', { dependsOn: ['one'] })], {
      settings,
    });
    one.settle('zero');
    one.settle('one', 'failed');
    const message = 'Task `one` failed: It failed.';
    expect(one.stops()).toEqual([
      { type: 'wave.stop', kind: 'dependency', message, unadmitted: 'skipped', admitted: 'both' },
    ]);
    expect(one.outcomes().at(-1)).toEqual(['later', 'skipped', message]);
    expect(withdrawn(one)).toBe(1);
  });

  it.each([
    ['critical', { critical: true }, {}],
    ['needed by others', {}, { onDependencyFailure: 'abort' } as const],
  ])('names the failure of what is %s, not one that ended nothing', (_, spec, settings) => {
    const one = collect([task('minor'), task('major', spec), task('last', { dependsOn: ['major'] })], { settings });
    one.settle('minor', 'failed');
    expect(one.stops()).toEqual([]);
    one.settle('major', 'failed');
    expect(one.outcomes().at(-1)).toEqual(['last', 'skipped', 'Task `major` failed: It failed.']);
  });
});
