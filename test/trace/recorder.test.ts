import { describe, expect, it } from 'vitest';
import { assign, createActor, sendTo, setup } from 'xstate';
import { AgentError } from '../../src/errors/agent-error.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import type { ChartDefinition } from '../../src/trace/chart/chart.schema.ts';
import { createRecorder } from '../../src/trace/recorder.ts';
import { type TraceRecord, traceRecordSchema } from '../../src/trace/trace.schema.ts';
import type { AgentFunction } from '../../src/types/agent.ts';
import { type TracedRunOptions, tracedRun } from '../support/traced-run.ts';

const failsOnce = (): AgentFunction => {
  let calls = 0;
  return () => {
    calls += 1;
    if (calls === 1) throw new Error('not yet');
    return 'ok';
  };
};

const retrying: TracedRunOptions = {
  plan: {
    goal: 'Try',
    tasks: [
      { id: 'a', prompt: 'first' },
      { id: 'b', prompt: 'then', dependsOn: ['a'] },
    ],
  },
  soar: { policy: { preset: 'patient', retry: { retries: 1, strategy: 'fixed', baseDelayMs: 500, jitter: 0 } } },
};
const withRetry = (): TracedRunOptions => ({
  ...retrying,
  soar: { ...retrying.soar, agents: { flaky: failsOnce() } },
});

function keysOf(chart: ChartDefinition): string[] {
  return [...(chart.transitions ?? []).map(({ key }) => key), ...(chart.states ?? []).flatMap(keysOf)];
}

describe('a recorder', () => {
  it('reports a small run from its beginning to its end', async () => {
    const { records, of } = await tracedRun(withRetry());
    // Numbers of actors continue over all that this process ever starts.
    const actors = of('actor.started').map(({ actor }) => actor);
    const nth = (actor: string) => `t:${actors.indexOf(actor)}`;
    const lines = records.flatMap((record) => {
      const { seq: _, at, type } = record;
      if (type === 'actor.started')
        return `${at} ${nth(record.actor)} ${record.id} starts in ${JSON.stringify(record.state)}`;
      if (type === 'actor.moved')
        return `${at} ${nth(record.actor)} ${record.event} -> ${JSON.stringify(record.state)}`;
      if (type === 'actor.ended') return `${at} ${nth(record.actor)} ends ${record.status}`;
      if (type === 'machine.defined') return `${at} defines ${record.machine}`;
      if (type === 'task.settled') return `${at} ${record.taskId} ${record.status} ${record.settled}/${record.total}`;
      return `${at} ${type}`;
    });
    expect(lines).toMatchInlineSnapshot(`
      [
        "0 trace.started",
        "0 t:0 engine starts in undefined",
        "0 defines gate",
        "0 t:1 gate starts in "idle"",
        "0 t:2 executor starts in undefined",
        "0 run.started",
        "0 defines collect",
        "0 t:3 run.r starts in "collecting"",
        "0 plan.compiled",
        "0 t:4 waves starts in undefined",
        "0 t:5 deadline starts in undefined",
        "0 t:6 budget starts in undefined",
        "0 defines breaker",
        "0 t:7 breaker.flaky starts in "closed"",
        "0 defines wave",
        "0 t:8 wave.1 starts in "admitting"",
        "0 t:9 tasks starts in undefined",
        "0 defines task",
        "0 t:10 a starts in "staggered"",
        "0 t:10 start.granted -> {"running":"active"}",
        "0 t:8 task.dequeued -> "draining"",
        "0 t:10 attempt.ended -> "retrying"",
        "0 t:11 backoff starts in undefined",
        "500 t:10 xstate.done.actor.backoff -> "staggered"",
        "500 t:10 start.granted -> {"running":"active"}",
        "500 t:11 ends done",
        "500 t:10 attempt.ended -> "done"",
        "500 t:8 child.done -> "done"",
        "500 a succeeded 1/2",
        "500 t:12 wave.2 starts in "admitting"",
        "500 t:13 tasks starts in undefined",
        "500 t:14 b starts in "staggered"",
        "500 t:14 start.granted -> {"running":"active"}",
        "500 t:12 task.dequeued -> "draining"",
        "500 t:9 ends stopped",
        "500 t:14 attempt.ended -> "done"",
        "500 t:12 child.done -> "done"",
        "500 b succeeded 2/2",
        "500 t:3 child.done -> "done"",
        "500 t:5 ends stopped",
        "500 t:6 ends stopped",
        "500 run.settled",
        "500 t:4 ends stopped",
        "500 t:13 ends stopped",
        "500 t:2 ends stopped",
        "500 t:7 ends stopped",
        "500 t:1 ends stopped",
        "500 t:0 ends stopped",
        "500 trace.ended",
      ]
    `);
  });

  it('writes records that its schema knows', async () => {
    for (const mode of ['compact', 'full'] as const) {
      const { records } = await tracedRun({ ...withRetry(), trace: { mode, texts: true } });
      for (const record of records) {
        expect(traceRecordSchema.parse(JSON.parse(JSON.stringify(record)))).toEqual(JSON.parse(JSON.stringify(record)));
      }
    }
  });

  it('numbers records without a gap, in the order of time', async () => {
    const { records } = await tracedRun({ ...withRetry(), trace: { mode: 'full' } });
    expect(records.map(({ seq }) => seq)).toEqual(records.map((_, index) => index));
    expect(records.map(({ at }) => at)).toEqual(records.map(({ at }) => at).sort((a, b) => a - b));
  });

  it('keeps its time from running backwards when the clock does', () => {
    const times = [100, 90, 110];
    const records: TraceRecord[] = [];
    const clock = { ...new VirtualClock(), now: () => times.shift() ?? 110 };
    const recorder = createRecorder({ clock: clock as never, sinks: [{ write: (record) => records.push(record) }] });
    recorder.publish({ type: 'warning', at: 90, runId: 'r', message: 'one' });
    recorder.publish({ type: 'warning', at: 110, runId: 'r', message: 'two' });
    expect(records.map(({ at }) => at)).toEqual([100, 100, 110]);
  });

  it('defines each machine once, before the first actor of it', async () => {
    const { records } = await tracedRun(withRetry());
    const defined: string[] = [];
    for (const record of records) {
      if (record.type === 'machine.defined') defined.push(record.machine);
      if (record.type === 'actor.started' && record.machine) expect(defined).toContain(record.machine);
    }
    expect(defined.sort()).toEqual(['breaker', 'collect', 'gate', 'task', 'wave']);
  });

  it('reports moves by the keys of the definition', async () => {
    const { of } = await tracedRun({ ...withRetry(), trace: { mode: 'full' } });
    const known = new Set(of('machine.defined').flatMap(({ chart }) => keysOf(chart)));
    const used = of('actor.moved').flatMap(({ keys }) => keys);
    expect(used.filter((key) => !known.has(key))).toEqual([]);
    expect(used).toContain('task.running|attempt.ended|4|shouldRetry');
    expect(used).toContain('collect.collecting||0|isOver');
  });

  it('starts every actor after its parent, and under an id of its own', async () => {
    const { of } = await tracedRun(withRetry());
    const seen = new Set<string | null>([null]);
    for (const { actor, parent } of of('actor.started')) {
      expect(seen).toContain(parent);
      expect(seen).not.toContain(actor);
      seen.add(actor);
    }
  });

  it('ends every actor once', async () => {
    const { of } = await tracedRun(withRetry());
    const started = of('actor.started').map(({ actor }) => actor);
    const ended = [...of('actor.moved').filter(({ status }) => status), ...of('actor.ended')].map(({ actor }) => actor);
    expect(ended.sort()).toEqual(started.sort());
  });

  it('says when a timed state ends by itself', async () => {
    const { of } = await tracedRun(withRetry());
    expect(of('actor.moved').find(({ state }) => state === 'retrying')).toMatchObject({ at: 0, until: 500 });
  });

  it('refers to prompts and outputs, and holds none', async () => {
    const { records, of } = await tracedRun(withRetry());
    const [first] = of('plan.compiled')[0]?.tasks ?? [];
    expect(first?.prompt).toEqual({ ref: 'prompt/r/a', chars: 5 });
    expect(of('task.settled')[0]?.output).toEqual({ ref: 'output/r/a', chars: 2 });
    expect(JSON.stringify(records)).not.toContain('"first"');
  });

  it('holds the bodies, masked, when it is asked to', async () => {
    const plan = { tasks: [{ id: 'a', prompt: 'use sk-abcdefghij0123456789 or hunter22' }] };
    const { of } = await tracedRun({
      plan,
      soar: { agents: { echo: ({ prompt }) => prompt } },
      trace: { texts: true, secrets: ['hunter22'] },
    });
    expect(Object.fromEntries(of('text').map(({ ref, text }) => [ref, text]))).toEqual({
      'prompt/r/a': 'use «masked» or «masked»',
      'request/r/a': 'use «masked» or «masked»',
      'output/r/a': 'use «masked» or «masked»',
    });
  });

  it('masks secrets in error messages', async () => {
    const { records } = await tracedRun({
      plan: { tasks: [{ id: 'a', prompt: '' }] },
      soar: {
        agents: {
          leaky: () => {
            throw new AgentError('auth', 'refused: OPENAI_API_KEY=abcd1234efgh');
          },
        },
      },
    });
    expect(JSON.stringify(records)).not.toContain('abcd1234efgh');
    expect(JSON.stringify(records)).toContain('OPENAI_API_KEY=«masked»');
  });

  it('records what the redaction hook makes of a record, and leaves out what it drops', async () => {
    const { of, records } = await tracedRun({
      ...withRetry(),
      trace: {
        redact: (record) =>
          record.type === 'task.settled' ? null : record.type === 'actor.started' ? { ...record, id: '***' } : record,
      },
    });
    expect(of('task.settled')).toEqual([]);
    expect(new Set(of('actor.started').map(({ id }) => id))).toEqual(new Set(['***']));
    expect(records.length).toBeLessThan((records.at(-1)?.seq ?? 0) + 1);
  });

  const no = () => {
    throw new Error('no');
  };
  it.each([
    ['throws', no],
    ['rejects', (async () => no()) as never],
    ['gives a promise', (async (record: TraceRecord) => record) as never],
  ])('does not hurt the run when its redaction hook %s, and lets nothing through', async (_, redact) => {
    const { result, records } = await tracedRun({ ...withRetry(), trace: { redact } });
    expect(result.status).toBe('succeeded');
    expect(records).toEqual([]);
  });

  const full = () => {
    throw new Error('disk full');
  };
  it.each([
    ['throws', full],
    ['rejects', async () => full()],
  ])('does not hurt the run, nor other sinks, when a sink %s', async (_, write) => {
    const bad = {
      write,
      close: () => Promise.reject(new Error('and worse')),
    };
    const { result, of } = await tracedRun({ ...withRetry(), trace: { sinks: [bad] } });
    expect(result.status).toBe('succeeded');
    expect(of('task.settled')).toHaveLength(2);
    expect(of('warning')).toMatchObject([{ message: 'A sink failed: Error: disk full' }]);
    expect(of('trace.ended')[0]?.faults).toBeGreaterThan(10);
  });

  it('gives every sink as much as it wants', async () => {
    const full: TraceRecord[] = [];
    const { records } = await tracedRun({
      ...withRetry(),
      trace: { sinks: [{ mode: 'full', write: (record) => full.push(record) }] },
    });
    const has = (all: TraceRecord[], type: string) => all.some((record) => record.type === type);
    expect([has(records, 'actor.event'), has(full, 'actor.event')]).toEqual([false, true]);
    expect(records[0]).toMatchObject({ type: 'trace.started', mode: 'compact' });
    expect(full[0]).toMatchObject({ type: 'trace.started', mode: 'full' });
  });

  it('reports a full recording who sent what, and which actions it brought about', async () => {
    const { of } = await tracedRun({ ...withRetry(), trace: { mode: 'full' } });
    const task = of('actor.started').find((record) => record.taskId === 'a')?.actor;
    const gate = of('actor.started').find(({ id }) => id === 'gate')?.actor;
    expect(of('actor.event').find(({ actor, event }) => actor === task && event === 'start.granted')).toMatchObject({
      from: gate,
      data: { requestId: 'r/a#0.0' },
    });
    expect(of('actor.moved').find(({ actor, event }) => actor === task && event === 'start.granted')).toMatchObject({
      actions: expect.arrayContaining(['leaveQueue', 'startAttempt']),
    });
  });

  it('is over once it is closed', async () => {
    const records: TraceRecord[] = [];
    const recorder = createRecorder({
      clock: new VirtualClock(),
      sinks: [{ write: (record) => records.push(record) }],
    });
    await recorder.close();
    recorder.publish({ type: 'warning', at: 0, runId: 'r', message: 'late' });
    await recorder.close();
    expect(records.map(({ type }) => type)).toEqual(['trace.started', 'trace.ended']);
  });
});

describe('a recorder on a foreign machine', () => {
  const self: { me?: unknown } = {};
  self.me = self;
  const poisoned = {
    type: 'POISON',
    self,
    map: new Map<unknown, unknown>([['k', new Map([['deep', 1]])]]),
    set: new Set([1]),
    error: new Error('boom A_TOKEN=abcdefgh'),
    big: 10n,
    call: () => {},
    symbol: Symbol('s'),
    when: new Date(0),
    bytes: new Uint8Array(4),
    apiKey: 'abc',
    long: 'x'.repeat(1000),
    get bad() {
      throw new Error('unreadable');
    },
  };

  function record(use: (actor: ReturnType<typeof createActor<typeof machine>>) => void): TraceRecord[] {
    const records: TraceRecord[] = [];
    const recorder = createRecorder({
      id: 't',
      mode: 'full',
      clock: new VirtualClock(),
      sinks: [{ write: (one) => records.push(one) }],
    });
    const actor = createActor(machine, { inspect: recorder.inspect });
    actor.subscribe({ error: () => {} });
    actor.start();
    use(actor);
    return records;
  }
  const machine = setup({
    types: { events: {} as { type: 'POISON' } | { type: 'THROW' } },
    actions: {
      explode: assign(() => {
        throw new Error('in an action');
      }),
    },
  }).createMachine({
    id: 'task',
    initial: 'one',
    states: { one: { on: { POISON: 'two', THROW: { target: 'two', actions: 'explode' } } }, two: {} },
  });

  it('copies cycles, maps, errors and whatever else an event holds as plain JSON', () => {
    const records = record((actor) => actor.send(poisoned as never));
    const event = records.find((one) => one.type === 'actor.event');
    expect(JSON.parse(JSON.stringify(event))).toMatchObject({
      event: 'POISON',
      data: {
        self: { me: '[circular]' },
        map: { k: { deep: 1 } },
        set: [1],
        error: 'Error: boom A_TOKEN=«masked»',
        big: '10',
        call: '[function call]',
        symbol: 'Symbol(s)',
        when: '1970-01-01T00:00:00.000Z',
        bytes: '[Uint8Array of 4 bytes]',
        apiKey: '«masked»',
        long: expect.stringMatching(/^x{199}…$/),
        bad: '[unreadable]',
      },
    });
  });

  it('distinguishes a machine that only shares an id with ours by its states alone', () => {
    const records = record((actor) => actor.send({ type: 'POISON' }));
    expect(records.find((one) => one.type === 'actor.moved')).toMatchObject({ state: 'two', event: 'POISON' });
    expect(records.some((one) => one.type === 'warning')).toBe(false);
  });

  it('distinguishes a actor that breaks', () => {
    const records: TraceRecord[] = [];
    const recorder = createRecorder({ clock: new VirtualClock(), sinks: [{ write: (one) => records.push(one) }] });
    const parent = setup({ actors: { machine } }).createMachine({
      id: 'parent',
      invoke: { id: 'child', src: 'machine', onError: '.broken' },
      on: { THROW: { actions: sendTo('child', { type: 'THROW' }) } },
      initial: 'whole',
      states: { whole: {}, broken: {} },
    });
    createActor(parent, { inspect: recorder.inspect }).start().send({ type: 'THROW' });
    const child = records.find((one) => one.type === 'actor.started' && one.id === 'child');
    expect(records).toContainEqual(
      expect.objectContaining({
        type: 'actor.ended',
        actor: child?.type === 'actor.started' ? child.actor : '',
        status: 'error',
        error: 'Error: in an action',
      }),
    );
  });

  it('hides an actor that is never started', () => {
    const records: TraceRecord[] = [];
    const recorder = createRecorder({ clock: new VirtualClock(), sinks: [{ write: (one) => records.push(one) }] });
    createActor(machine, { inspect: recorder.inspect });
    expect(records.map(({ type }) => type)).toEqual(['trace.started']);
  });
});
