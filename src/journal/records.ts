import type { Complexity } from '../types.ts';
import type { JournalStore } from './journal-store.ts';
import { jsonOf } from './json-of.ts';

/** A question that was answered well, kept for questions of later runs. Plain JSON. */
export interface StoredRecord {
  runId: string;
  /** When it was answered, epoch milliseconds. */
  at: number;
  query: string;
  complexity: Complexity | null;
  /** What was asked to answer it, task by task. */
  outline: string[];
  answer: string;
  /** 0..1. */
  confidence: number;
  /** Files that the answer cites, each with what it was then: a hash of its text, or null when that could not be read. */
  sources: { path: string; hash: string | null }[];
  /** The words that it is about, at most 10. */
  keywords: string[];
}

/** Where questions are kept that were answered well. */
export interface RecordStore {
  /** Newest first. */
  all(): StoredRecord[];
  /** Keeps a record, in the place of an older one of the same question. Secrets are masked. */
  save(record: StoredRecord): void;
}

/** Most records kept; the oldest go first. */
export const MAX_RECORDS = 500;

/** The records of a store. Nothing that goes wrong with them is worth a run. */
export function keptRecords(store: JournalStore, mask: (json: string) => string, isClosed: () => boolean): RecordStore {
  return {
    all() {
      try {
        return (isClosed() ? [] : store.records()).flatMap((body) => recordFrom(body) ?? []);
      } catch {
        return [];
      }
    },
    save(record) {
      if (isClosed()) return;
      try {
        const body = mask(jsonOf(record));
        const { query } = JSON.parse(body) as StoredRecord;
        store.saveRecord(questionOf(query), record.at, body);
      } catch {
        // As with answers: the journal tells of it.
      }
    },
  };
}

/** Null for one that is damaged: the others are still worth finding. */
function recordFrom(body: string): StoredRecord | null {
  try {
    const record = JSON.parse(body) as StoredRecord;
    const { runId, query, answer, at, confidence, outline, sources, keywords } = record;
    const texts = [runId, query, answer, ...outline, ...keywords, ...sources.map(({ path }) => path)];
    const isWhole =
      texts.every((text) => typeof text === 'string') && Number.isFinite(at) && Number.isFinite(confidence);
    return isWhole ? record : null;
  } catch {
    return null;
  }
}

/** Questions that differ in case and white space alone are one. */
export function questionOf(query: string): string {
  return query.trim().toLowerCase().replace(/\s+/g, ' ');
}
