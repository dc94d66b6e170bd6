import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { Retriever } from '../actors/phases/types.ts';
import { recall, recordOf } from '../journal/recall.ts';
import { questionOf, type RecordStore, type StoredRecord } from '../journal/records.ts';
import type { RunResult } from '../types.ts';
import { MAX_BYTES, readRegularFileSync } from './read-file.ts';

/** Of the passages that a question may have, this share may be earlier answers; they come on top, so no file loses its place. */
const SHARE = 1 / 5;

/**
 * Retrieval that also finds what earlier questions were answered, after the passages of `retrieve`, as passages of `run:<runId>`. An
 * answer is left out once a file it cites has changed or is gone, and a note says so.
 */
export function withEarlierAnswers(retrieve: Retriever, records: RecordStore, cwd: string): Retriever {
  return async (input, controls) => {
    const found = await retrieve(input, controls);
    const most = Math.max(1, Math.floor(found.budget * SHARE));
    const notes: string[] = [];
    const passages = [];
    const stale: string[] = [];
    // With its own earlier answer before it, no question would ever be the same again.
    const own = input.cache ? questionOf(input.query) : null;
    const wanted = records.all().filter(({ query }) => questionOf(query) !== own);
    for (const { record, passage } of recall(input.query, input.complexity, wanted)) {
      if (passages.length >= most) break;
      if (isStale(record, cwd)) stale.push(passage.path);
      else passages.push(passage);
    }
    if (passages.length > 0) notes.push(`Answered before: ${passages.map(({ path }) => path).join(', ')}.`);
    if (stale.length > 0) notes.push(`Left out, since files they cite have changed: ${stale.join(', ')}.`);
    return { ...found, passages: [...found.passages, ...passages], notes: [...found.notes, ...notes] };
  };
}

/** Keeps a question that was answered well, for later ones. Never throws. */
export function keepAnswer(result: RunResult, records: RecordStore, cwd: string, now: number): void {
  try {
    const record = recordOf(result, now, (path) => hashOf(resolve(cwd, path)));
    if (record) records.save(record);
  } catch {
    // A phase of the user's may give sources that are none, and nobody waits for this to hear of it.
  }
}

function isStale({ sources }: StoredRecord, cwd: string): boolean {
  return sources.some(({ path, hash }) => hash === null || hashOf(resolve(cwd, path)) !== hash);
}

function hashOf(path: string): string | null {
  try {
    return createHash('sha256').update(readRegularFileSync(path, MAX_BYTES.cited)).digest('hex');
  } catch {
    return null;
  }
}
