import { describe, expect, it } from 'vitest';
import { createReplay } from '../../src/trace/replay/replay.ts';
import { ringSink } from '../../src/trace/ring-sink.ts';
import type { TraceRecord } from '../../src/trace/trace.schema.ts';
import { tracedRun } from '../support/traced-run.ts';

const plan = { tasks: Array.from({ length: 30 }, (_, i) => ({ id: `t${i}`, prompt: '' })) };
const soar = { agents: { quick: () => 'ok' }, maxConcurrent: 2 };

describe('a ring of records', () => {
  it('keeps everything while there is room', async () => {
    const ring = ringSink();
    const { records } = await tracedRun({ plan, soar, trace: { sinks: [ring] } });
    expect(ring.records()).toEqual(records);
    expect(ring.dropped).toBe(0);
  });

  it('keeps the last records, and what they need to be understood', async () => {
    const ring = ringSink({ capacity: 20 });
    const { records } = await tracedRun({ plan, soar, trace: { sinks: [ring] } });
    const kept = ring.records();
    expect(kept.slice(-20)).toEqual(records.slice(-20));
    expect(kept.length).toBeLessThan(45);
    expect(kept[0]).toMatchObject({ type: 'trace.started' });
    expect(kept.filter(({ type }) => type === 'machine.defined')).toHaveLength(5);
    expect(ring.dropped).toBe(records.length - 20);
  });

  it('lets a replay that begins in the middle know who lives in which state', async () => {
    const kept: TraceRecord[][] = [];
    const ring = ringSink({ capacity: 12 });
    const watch = { write: ({ seq }: TraceRecord) => void (seq === 60 && kept.push(ring.records())) };
    const { records } = await tracedRun({ plan, soar, trace: { sinks: [ring, watch] } });
    const late = createReplay(kept[0]).atSeq(60);
    const whole = createReplay(records).atSeq(60);
    const states = ({ actors }: typeof late) => actors.map(({ id, state }) => [id, state]).sort();
    expect(states(late)).toEqual(states(whole));
  });

  it('lets one who comes late know a long wait, though its beginning was let go', async () => {
    const policy = { retry: { retries: 1, strategy: 'fixed', baseDelayMs: 20_000, jitter: 0 } } as const;
    const agents = {
      quick: () => 'ok',
      once: ({ attempt }: { attempt: number }) => (attempt === 1 ? Promise.reject(new Error('no')) : 'ok'),
    };
    const kept: TraceRecord[][] = [];
    const ring = ringSink({ capacity: 12 });
    const watch = { write: ({ seq }: TraceRecord) => void (seq === 100 && kept.push(ring.records())) };
    const slow = { id: 'slow', prompt: '', agent: 'once' };
    const tasks = [slow, ...plan.tasks.map((task) => ({ ...task, agent: 'quick' }))];
    await tracedRun({ plan: { tasks }, soar: { ...soar, agents, policy }, trace: { sinks: [ring, watch] } });
    const task = createReplay(kept[0])
      .atSeq(100)
      .runs[0]?.tasks.find((one) => one.id === 'slow');
    expect(task).toMatchObject({ state: 'retrying', interval: { until: 20_000 } });
  });

  it('forgets a run once its end is let go', async () => {
    const ring = ringSink({ capacity: 20 });
    const { records } = await tracedRun({ plan, soar, trace: { sinks: [ring] } });
    const has = (type: string) => ring.records().some((record) => record.type === type);
    expect(has('plan.compiled')).toBe(true);
    const last = records.at(-1)?.seq ?? 0;
    for (let seq = last + 1; seq < last + 21; seq += 1) ring.write({ type: 'warning', seq, at: 0, message: '' });
    expect(has('plan.compiled')).toBe(false);
  });

  it('calls its listeners until they leave, whatever they throw', () => {
    const ring = ringSink();
    const heard: number[] = [];
    ring.listen(() => {
      throw new Error('a view broke');
    });
    const leave = ring.listen(({ seq }) => heard.push(seq));
    const record = (seq: number): TraceRecord => ({ type: 'warning', seq, at: 0, message: '' });
    ring.write(record(1));
    leave();
    ring.write(record(2));
    expect(heard).toEqual([1]);
  });

  it('refuses to keep nothing', () => {
    expect(() => ringSink({ capacity: 0 })).toThrow('Expected `capacity` to be 1 or more, got 0.');
  });
});
