import { describe, expect, it } from 'vitest';
import { recall, recordOf } from '../../src/journal/recall.ts';
import type { StoredRecord } from '../../src/journal/records.ts';
import type { RunResult, Source } from '../../src/types.ts';
import { resultOf } from '../cli/results.ts';

const source = (path: string): Source => ({ taskId: 'a', path, startLine: 1, endLine: 2 });

function answered(more: Partial<RunResult> = {}): RunResult {
  return resultOf('succeeded', [], {
    query: 'How does the gate pace starts?',
    complexity: 'medium',
    answer: 'By leases (src/gate.ts:1-2).',
    confidence: 0.7,
    sources: [source('src/gate.ts'), source('src/gate.ts'), source('docs/gate.md')],
    plan: { tasks: [{ id: 'gate', prompt: 'Read the gate.\nAll of it.' }] },
    ...more,
  });
}

function record(runId: string, more: Partial<StoredRecord> = {}): StoredRecord {
  return {
    runId,
    at: 1000,
    query: 'How does the gate pace starts?',
    complexity: 'medium',
    outline: [],
    answer: 'By leases.',
    confidence: 0.7,
    sources: [],
    keywords: [],
    ...more,
  };
}

describe('what is kept of a question', () => {
  it('is its question, plan, answer, sources as they are, and words', () => {
    expect(recordOf(answered(), 5000, (path) => `hash of ${path}`)).toEqual({
      runId: 'run',
      at: 5000,
      query: 'How does the gate pace starts?',
      complexity: 'medium',
      outline: ['gate: Read the gate.'],
      answer: 'By leases (src/gate.ts:1-2).',
      confidence: 0.7,
      sources: [
        { path: 'src/gate.ts', hash: 'hash of src/gate.ts' },
        { path: 'docs/gate.md', hash: 'hash of docs/gate.md' },
      ],
      keywords: ['gate', 'pace', 'starts'],
    });
  });

  it.each<[string, Partial<RunResult>]>([
    ['nobody trusts', { confidence: 0.49 }],
    ['says nothing', { answer: ' \n' }],
    ['succeeded in part', { status: 'partial' }],
    ['was cancelled', { status: 'cancelled' }],
    ['repeats an earlier one', { sources: [source('run:r1'), source('run:r2')] }],
  ])('is nothing of an answer that %s', (_, more) => {
    expect(recordOf(answered(more), 5000, () => null)).toBeNull();
  });

  it('starts at a confidence of 0.5, and leaves earlier answers out of the sources', () => {
    const kept = recordOf(answered({ confidence: 0.5, sources: [source('run:r1'), source('a.md')] }), 5000, () => 'h');
    expect(kept?.sources).toEqual([{ path: 'a.md', hash: 'h' }]);
  });

  it('is cut where it is long, and says so', () => {
    const kept = recordOf(answered({ answer: 'x'.repeat(5000), query: `why ${'y'.repeat(600)}` }), 5000, () => 'h');
    expect(kept?.answer).toMatch(/x \[… 1000 characters cut …\]$/);
    expect(kept?.query).toMatch(/y \[… 104 characters cut …\]$/);
  });
});

describe('an earlier answer', () => {
  it('is found again as a passage that names its run', () => {
    const [found] = recall('What paces the starts at the gate?', 'medium', [
      record('r1', { outline: ['a: look', 'b: sum up'] }),
    ]);
    expect(found?.passage).toMatchObject({ id: 'run:r1:1-7', path: 'run:r1', startLine: 1, endLine: 7 });
    expect(found?.passage.text).toBe(
      'Asked before: How does the gate pace starts? (confidence of the answer: 0.7)\n\nBy way of:\n- a: look\n- b: sum up\n\nBy leases.',
    );
  });

  it('is left alone by a question about something else, or about nothing', () => {
    expect(recall('Which licence has the viewer?', 'medium', [record('r1')])).toEqual([]);
    expect(recall('gate viewer licence journal', 'medium', [record('r1')])).toEqual([]);
    expect(recall('', 'medium', [record('r1')])).toEqual([]);
  });

  it('comes first when it fits better, then when it is a pattern, then when it is newer', () => {
    const other = record('other', { query: 'How does the gate count?', answer: 'By starts.' });
    const all = [other, record('old'), record('new', { at: 2000 }), record('pattern', { confidence: 0.8 })];
    expect(recall('How does the gate pace starts?', 'medium', all).map(({ record: { runId } }) => runId)).toEqual([
      'pattern',
      'new',
      'old',
      'other',
    ]);
  });
});
