import { beforeAll, describe, expect, test } from 'vitest';
import { moveAt, stateText } from '../../src/trace/replay/tracks.ts';
import type { TraceRecord } from '../../src/trace/trace.schema.ts';
import { TraceStore } from '../../visualizer/model/store.ts';
import { linesOf, releaseTrace } from '../support/sample-traces.ts';
import { runOf, seqAfter, storeOf, taskOf } from './traces.ts';

let records: TraceRecord[];
beforeAll(async () => {
  records = await releaseTrace();
});

describe('a trace in the viewer', () => {
  test('holds the plan with its waves and what depends on what', () => {
    const store = storeOf(records);
    expect(runOf(store).tasks.map(({ id, wave }) => `${wave} ${id}`)).toContain('2 breaking');
    expect(taskOf(store, 'breaking').dependsOn).toEqual(['read-changes', 'api-diff']);
    expect(taskOf(store, 'breaking').dependents).toEqual(['changelog', 'risk']);
  });

  test('reports the state an actor was in at any instant', () => {
    const store = storeOf(records);
    const { actor } = taskOf(store, 'api-diff');
    const stateAt = (ms: number) => actor && stateText(moveAt(actor, seqAfter(store, ms))?.state ?? null);
    const moves = actor?.moves ?? [];
    for (const [index, move] of moves.entries()) {
      const next = moves[index + 1];
      if (next && next.at === move.at) continue;
      expect(stateAt(move.at - store.startedAt)).toBe(stateText(move.state));
    }
    expect(moves.map(({ state }) => stateText(state))).toContain('retrying');
  });

  test('looks the same whether it came whole or line by line', () => {
    const whole = storeOf(records);
    const pieces = new TraceStore();
    for (const line of linesOf(records).split('\n')) pieces.addLines([line]);
    expect(pieces.log).toEqual(whole.log);
    expect(pieces.texts).toEqual(whole.texts);
  });

  test('takes a record that comes twice once', () => {
    const store = storeOf(records);
    const { length } = store.log;
    for (const record of records) store.add(record);
    expect(store.log).toHaveLength(length);
  });

  test('passes over lines that cannot be read, and counts them', () => {
    const store = new TraceStore();
    store.addLines([
      '{"type":"trace.started","seq":0,"at":5,"v":2,"trace":"x","mode":"compact"}',
      '{"type":',
      'null',
      '{}',
    ]);
    expect(store.damaged).toBe(3);
    expect(store.log).toHaveLength(1);
  });

  test('counts a record that lacks fields as damaged, and takes the next one', () => {
    const store = new TraceStore();
    store.addLines([
      '{"type":"plan.compiled","seq":1,"at":0,"run":"r"}',
      '{"type":"plan.compiled","seq":2,"at":0,"run":"r","waves":[["a"]]}',
      '{"type":"warning","seq":3,"at":0,"message":"careful"}',
    ]);
    expect(store.damaged).toBe(2);
    expect(store.log.map(({ type }) => type)).toEqual(['warning']);
  });

  test('says that a trace of a later format is too new', () => {
    const store = new TraceStore();
    store.addLines(['{"type":"trace.started","seq":0,"at":5,"v":9,"trace":"x","mode":"compact"}']);
    expect(store.tooNew).toBe(9);
  });

  test('finds the last record of an instant', () => {
    const store = storeOf(records);
    for (const record of store.log) {
      const found = store.log.filter(({ at }) => at <= record.at).at(-1);
      expect(store.seqAt(record.at)).toBe(found?.seq);
    }
    expect(store.seqAt(store.startedAt - 1)).toBe(-1);
  });
});
