import { describe, expect, it } from 'vitest';
import { createSoar } from '../../../src/create-soar.ts';
import { type MemoryJournal, memoryJournal } from '../../../src/journal/memory-journal.ts';
import { journalSource } from '../../../src/node/view/journal-source.ts';
import type { Plan } from '../../../src/plan/types.ts';
import type { StoredRun } from '../../../src/run/entries.ts';
import type { SoarOptions } from '../../../src/soar-types.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { type JournalTraceOptions, numbered, recordsOfJournal } from '../../../src/trace/journal/journal-trace.ts';
import { intervalsOf } from '../../../src/trace/replay/intervals.ts';
import { parseTrace } from '../../../src/trace/replay/parse-trace.ts';
import { createReplay } from '../../../src/trace/replay/replay.ts';
import type { Replay } from '../../../src/trace/replay/replay-state.ts';
import { ringSink } from '../../../src/trace/ring-sink.ts';
import { type RecordOf, type TraceRecord, traceRecordSchema } from '../../../src/trace/trace.schema.ts';
import { questionTrace, releaseTrace, stormTrace } from '../../support/sample-traces.ts';
import { scriptedAgent } from '../../support/scripted-agent.ts';
import { textOf } from '../../support/source-text.ts';

const OVER: JournalTraceOptions = { now: 0, isRunning: false };

function tell(journal: MemoryJournal, runId: string, options: JournalTraceOptions = OVER): TraceRecord[] {
  return numbered(recordsOfJournal(journal.load(runId) as StoredRun, options));
}

function of<T extends TraceRecord['type']>(records: readonly TraceRecord[], type: T): RecordOf<T>[] {
  return records.filter((record): record is RecordOf<T> => record.type === type);
}

/** The states of every task with their instants; when a task was admitted the journal does not know. */
function courses(replay: Replay) {
  return replay.runs.flatMap(({ tasks }) =>
    tasks.map((task) => [
      task.id,
      ...intervalsOf(task).map(({ state, from, to, attempt, agentId, until }, index) => ({
        ...{ state, to, attempt, agentId, until },
        from: index === 0 ? null : from,
      })),
    ]),
  );
}

/** A run of a plan on a clock of its own, as far as the test wants. */
function begin(plan: Plan, script: Parameters<typeof scriptedAgent>[1], options: SoarOptions = {}) {
  const clock = new VirtualClock(1000);
  const journal = memoryJournal();
  const agents = { one: scriptedAgent(clock, script) };
  const soar = createSoar({ agents, clock, journal, random: () => 0.5, ...options });
  return { clock, journal, soar, agents, run: soar.run(plan, { runId: 'r' }) };
}

const TWO: Plan = {
  tasks: [
    { id: 'a', prompt: 'first' },
    { id: 'b', prompt: 'second', dependsOn: ['a'] },
  ],
};

describe('a trace made of a journal', () => {
  it.each([
    ['release', releaseTrace],
    ['storm', stormTrace],
  ] as const)('tells of every task what a recorder told: %s', async (_, sample) => {
    const journal = memoryJournal();
    const recorded = await sample('compact', { journal });
    const told = tell(journal, 'sample');
    expect(courses(createReplay(told))).toEqual(courses(createReplay(recorded)));
    const outcomes = (records: readonly TraceRecord[]) => of(records, 'task.settled').map(({ seq, ...rest }) => rest);
    expect(outcomes(told)).toEqual(outcomes(recorded));
    const ends = (records: readonly TraceRecord[]) => of(records, 'run.settled').map(({ seq, ...rest }) => rest);
    expect(ends(told)).toEqual(ends(recorded));
    const plans = (records: readonly TraceRecord[]) => of(records, 'plan.compiled').map(({ seq, ...rest }) => rest);
    expect(plans(told)).toEqual(plans(recorded));
  });

  it('is a trace: every record by the schema, numbered, and never back in time', async () => {
    const journal = memoryJournal();
    await stormTrace('compact', { journal });
    const told = parseTrace(
      `${tell(journal, 'sample')
        .map((record) => JSON.stringify(record))
        .join('\n')}\n`,
    );
    for (const record of told) traceRecordSchema.parse(record);
    expect(told.map(({ seq }) => seq)).toEqual(told.map((_, index) => index));
    expect(told.map(({ at }) => at)).toEqual(told.map(({ at }) => at).sort((a, b) => a - b));
  });

  it('names the transitions that the machine took', async () => {
    const journal = memoryJournal();
    const recorded = await stormTrace('compact', { journal });
    const known = new Set(of(recorded, 'actor.moved').flatMap(({ keys }) => keys));
    const told = of(tell(journal, 'sample'), 'actor.moved').filter(({ event }) => event !== '');
    for (const { keys } of told) expect(known).toContain(keys[0]);
  });

  it('reports a wait for this machine from a retry', async () => {
    const lacks = { fail: 'spawn', message: 'spawn EAGAIN', details: { kind: 'spawn', fault: 'machine' } } as const;
    const { clock, journal } = begin({ tasks: [{ id: 't', prompt: 'p' }] }, { t: [lacks, {}] });
    await clock.advance(60_000);
    const moves = of(tell(journal, 'r'), 'actor.moved').filter(({ event }) => event === 'attempt.ended');
    expect(moves.flatMap(({ keys }) => keys)).toEqual([
      'task.running|attempt.ended|5|shouldPause',
      'task.running|attempt.ended|1|succeeded',
    ]);
  });

  it('reports the phases of a question', async () => {
    const clock = new VirtualClock(1000);
    const [journal, ring] = [memoryJournal(), ringSink()];
    const soar = createSoar({
      clock,
      journal,
      trace: [ring],
      phases: { retrieve: () => ({ passages: [], searched: 0, notes: [], budget: 0 }) },
    });
    const run = soar.ask('What waits?', { runId: 'q' });
    await clock.settle(run.result);
    await soar.close();
    const phases = (records: readonly TraceRecord[]) =>
      records.flatMap((record) =>
        record.type === 'phase.started'
          ? [record.phase]
          : record.type === 'phase.completed'
            ? [`${record.phase}: ${record.summary}`]
            : [],
      );
    const told = tell(journal, 'q');
    expect(phases(told)).toEqual(phases(ring.records()));
    const root = (records: readonly TraceRecord[]) => {
      const first = of(records, 'actor.started').find(({ machine }) => machine === 'soar');
      return of(records, 'actor.moved').flatMap(({ actor, state }) => (actor === first?.actor ? [state] : []));
    };
    const names = (states: readonly unknown[]) =>
      states
        .map((state) => (typeof state === 'string' ? state : Object.keys(state as object)[0]))
        .filter((name, index, all) => name !== all[index - 1]);
    expect(names(root(told))).toEqual(names(root(ring.records())));
  });

  it('reports what phases ask, and of a person who approves', async () => {
    const journal = memoryJournal();
    const recorded = await questionTrace({ journal });
    const told = tell(journal, 'sample');
    for (const record of told) traceRecordSchema.parse(record);
    const calls = (records: readonly TraceRecord[]) =>
      [...(createReplay(records).runs[0]?.calls.values() ?? [])].map((call) => [
        ...[call.id, call.phase, call.agentId],
        ...intervalsOf(call).map(({ state, from, to, attempt }) => [state, from, to, attempt]),
      ]);
    expect(calls(recorded)).toHaveLength(1);
    expect(calls(told)).toEqual(calls(recorded));
    const news = (records: readonly TraceRecord[]) =>
      records.flatMap(({ seq, ...record }) => (/^(?:call|phase)\./.test(record.type) ? [record] : []));
    expect(news(told)).toEqual(news(recorded));
    expect(courses(createReplay(told))).toEqual(courses(createReplay(recorded)));
    const waits = of(told, 'actor.moved').filter(({ state }) => state === 'approve' || state === 'collect');
    expect(waits.map(({ state, at }) => [state, at - (told[0]?.at ?? 0)])).toEqual([
      ['approve', 5000],
      ['collect', 8000],
    ]);
  });

  it('reports that a process ended, and what its attempts came to', async () => {
    const { clock, journal } = begin(TWO, [{ ms: 100 }]);
    await clock.advance(50);
    const told = tell(journal.crash(), 'r');
    const replay = createReplay(told);
    expect(replay.at(2000).runs[0]).toMatchObject({ running: 0, waiting: 1, status: null });
    expect(of(told, 'warning')[0]?.message).toContain('`soar resume r` continues');
    expect(told.at(-1)?.type).toBe('trace.ended');
  });

  it('reports the whole story of a run that was resumed', async () => {
    const { clock, journal, agents } = begin(TWO, [{ ms: 100 }]);
    await clock.advance(50);
    const next = journal.crash();
    const soar = createSoar({ agents, clock, journal: next });
    await clock.settle(soar.resume('r').result);
    const told = tell(next, 'r');
    const task = createReplay(told).runs[0]?.tasks[0];
    expect(task && intervalsOf(task)).toMatchObject([
      { state: 'staggered', from: 1000, to: 1000 },
      { state: 'running', attempt: 1, from: 1000, to: 1050 },
      { state: 'staggered', from: 1050 },
      { state: 'running', attempt: 2, to: 1150 },
    ]);
    expect(of(told, 'run.settled')[0]?.status).toBe('succeeded');
  });

  it('shows a wait that is over as over, while the run continues', async () => {
    const policy = { retry: { retries: 1, strategy: 'fixed', baseDelayMs: 500, jitter: 0 } } as const;
    const { clock, journal } = begin(TWO, [{ ms: 100, fail: 'transient' }, { ms: 10_000 }], { policy });
    await clock.advance(200);
    const stateAt = (now: number) =>
      createReplay(tell(journal, 'r', { now, isRunning: true })).at(now).runs[0]?.tasks[0]?.state;
    expect([stateAt(1200), stateAt(1700)]).toEqual(['retrying', 'staggered']);
  });
});

/** What a follower gets, until it has all it waits for. */
function follow(source: ReturnType<typeof journalSource>, from: string) {
  const records: TraceRecord[] = [];
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const { promise: reset, resolve: onReset } = Promise.withResolvers<void>();
  const stop = source.follow(
    from,
    (lines) => {
      records.push(...lines.map((line) => JSON.parse(line) as TraceRecord));
      if (records.at(-1)?.type === 'trace.ended') resolve();
    },
    onReset,
  );
  return { records, ended, reset, stop };
}

/** What is read of a run after so many milliseconds, and what a follower gets from there to its end. */
async function followedFrom(ms: number, { clock, journal, run }: ReturnType<typeof begin>) {
  await clock.advance(ms);
  const source = journalSource(journal, 'r', { pollMs: 1, now: () => clock.now() });
  const { text, next } = await textOf(source);
  const { records: followed, ended, stop } = follow(source, next);
  await clock.settle(run.result);
  await ended;
  stop();
  return { read: parseTrace(text), followed };
}

describe('the source of a run in a journal', () => {
  it('reports what comes after what was read, each thing once, to the end', async () => {
    const begun = begin(TWO, [{ ms: 100 }]);
    const { read, followed } = await followedFrom(150, begun);
    const all = [...read, ...followed];
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_, index) => index));
    expect(all.map(({ at }) => at)).toEqual(all.map(({ at }) => at).sort((a, b) => a - b));
    expect(courses(createReplay(all))).toEqual(courses(createReplay(tell(begun.journal, 'r'))));
  });

  it('reports what it learns late as of now: a trace never goes back', async () => {
    const tasks = ['a', 'c', 'e'].map((id) => ({ id, prompt: '' }));
    const plan = { tasks: [...tasks, { id: 'b', prompt: '', dependsOn: ['a'] }] };
    const begun = begin(plan, [{ ms: 100 }], { maxConcurrent: 1, schedule: 'eager' });
    const { read, followed } = await followedFrom(250, begun);
    const b = of(followed, 'actor.started').find(({ taskId }) => taskId === 'b');
    // It was ready at 1100, unknown before it started.
    expect(b).toMatchObject({ at: 1200, data: { readyAt: 1100 } });
    const times = [...read, ...followed].map(({ at }) => at);
    expect(times).toEqual([...times].sort((one, other) => one - other));
  });

  it('begins anew when another process continues with the run', async () => {
    const { clock, journal, agents } = begin(TWO, [{ ms: 100 }]);
    await clock.advance(50);
    const next = journal.crash();
    const source = journalSource(next, 'r', { pollMs: 1, now: () => clock.now() });
    const { reset, stop } = follow(source, (await source.read()).next);
    const soar = createSoar({ agents, clock, journal: next });
    const resumed = soar.resume('r');
    await reset;
    stop();
    await clock.settle(resumed.result);
    expect((await textOf(journalSource(next, 'r'))).text).toContain('"run.settled"');
  });

  it('knows no run that is not in the journal', () => {
    expect(() => journalSource(memoryJournal(), 'nope')).toThrow('There is no run `nope`');
  });
});
