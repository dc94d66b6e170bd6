import type { Usage } from '../types.ts';

/** The answer of a task that succeeded, kept for tasks of other runs that ask the same. Plain JSON. */
export interface StoredAnswer {
  /** Says what was asked, of what agent, in what state. */
  key: string;
  agentId: string;
  runId: string;
  taskId: string;
  /** When it was given, epoch milliseconds. */
  at: number;
  output: string;
  data?: unknown;
  /** What it took, and need not be spent again. */
  usage?: Usage;
}

/** Where answers are kept beyond their run. */
export interface AnswerStore {
  /** The answer by this key; null when there is none, or it is too old. */
  find(key: string, now: number): StoredAnswer | null;
  /** Keeps an answer, in the place of an older one. One that JSON or secrets do not leave whole is not kept. */
  save(answer: StoredAnswer): void;
}

/** Answers are used for a week: what agents are and know changes also where nothing says so. Milliseconds. */
export const ANSWER_TTL_MS = 7 * 24 * 3_600_000;
/** Most answers kept; the oldest go first. */
export const MAX_ANSWERS = 1000;

/** Whether JSON says all of a value: what it does not would come back as something else. */
export function isPlain(value: unknown): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isPlain);
  if (typeof value !== 'object' || 'toJSON' in value) return false;
  const kind = Object.getPrototypeOf(value);
  return (kind === Object.prototype || kind === null) && Object.values(value).every(isPlain);
}
