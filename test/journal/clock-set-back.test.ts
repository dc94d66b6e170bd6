import { describe, expect, it } from 'vitest';
import { createSoar } from '../../src/create-soar.ts';
import { memoryJournal } from '../../src/journal/memory-journal.ts';
import { journalSource } from '../../src/node/view/journal-source.ts';
import type { RunEvent } from '../../src/run/events.ts';
import type { RunResult } from '../../src/run/result.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { parseTrace } from '../../src/trace/replay/parse-trace.ts';
import { scriptedAgent } from '../support/scripted-agent.ts';
import { textOf } from '../support/source-text.ts';

const YEAR = 365 * 24 * 3_600_000;

/** Every figure of a value that is a length of time, with its place. */
function lengths(value: unknown, place = ''): [string, number][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]): [string, number][] => {
    const at = `${place}.${key}`;
    return typeof inner === 'number' && key.endsWith('Ms') ? [[at, inner]] : lengths(inner, at);
  });
}

/** A run that is cut off and resumed by a process whose clock is a year behind. */
async function resumedEarlier(): Promise<{ result: RunResult; events: RunEvent[]; trace: string }> {
  const clock = new VirtualClock(2 * YEAR);
  const journal = memoryJournal();
  const script = { a: [{ ms: 100 }], b: [{ ms: 100, fail: 'transient' as const }, { ms: 100 }], c: [{ ms: 100 }] };
  const plan = {
    tasks: [
      { id: 'a', prompt: '' },
      { id: 'b', prompt: '', dependsOn: ['a'] },
      { id: 'c', prompt: '', dependsOn: ['b'] },
    ],
  };
  createSoar({ agents: { one: scriptedAgent(clock, script) }, clock, journal }).run(plan, { runId: 'r' });
  await clock.advance(250);

  const later = new VirtualClock(YEAR);
  const next = journal.crash();
  const soar = createSoar({ agents: { one: scriptedAgent(later, [{ ms: 100 }]) }, clock: later, journal: next });
  const run = soar.resume('r');
  const events: RunEvent[] = [];
  run.events$.subscribe((event) => events.push(event));
  const result = await later.settle(run.result);
  const { text } = await textOf(journalSource(next, 'r', { now: () => later.now() }));
  return { result, events, trace: text };
}

describe('A run whose clock was set back by a year before it was resumed', () => {
  it('states no length of time below 0, in its result, its events and its trace', async () => {
    const { result, events, trace } = await resumedEarlier();
    expect(result.status).toBe('succeeded');
    const all = [...lengths(result), ...lengths(events), ...lengths(parseTrace(trace))];
    expect(all.length).toBeGreaterThan(20);
    expect(all.filter(([, ms]) => ms < 0)).toEqual([]);
  });

  it('ends no attempt before it has started', async () => {
    const { result } = await resumedEarlier();
    const attempts = result.outcomes.flatMap((outcome) => outcome.attempts);
    expect(attempts.filter(({ startedAt, endedAt }) => endedAt < startedAt)).toEqual([]);
  });

  it('is reported in the order in which it happened', async () => {
    const records = parseTrace((await resumedEarlier()).trace);
    expect(records[0]?.type).toBe('trace.started');
    const times = records.map(({ at }) => at);
    expect(times).toEqual(times.toSorted((one, other) => one - other));
    const settled = records.flatMap((record) => (record.type === 'task.settled' ? [record.taskId] : []));
    expect(settled).toEqual(['a', 'b', 'c']);
  });
});
