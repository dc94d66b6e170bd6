import type { Usage } from '../types/usage.ts';
import type { JournalStore } from './journal-store.ts';

/** The answer of a task that succeeded, kept for tasks of other runs that ask the same. Plain JSON. */
export interface StoredAnswer {
  /** Cache key: the question, its agent and the state of the folder. */
  key: string;
  agentId: string;
  runId: string;
  taskId: string;
  /** When it was given, epoch milliseconds. */
  at: number;
  output: string;
  data?: unknown;
  /** Its cost, which a cached answer saves. */
  usage?: Usage;
}

/** Where answers are kept beyond their run. */
export interface AnswerStore {
  /** The answer by this key; null when it is missing or too old. */
  find(key: string, now: number): StoredAnswer | null;
  /** Keeps an answer, in the place of an older one. One that JSON or secrets do not leave whole is not kept. */
  save(answer: StoredAnswer): void;
}

/** Answers are used for a week: what agents are and know changes also where nothing says so. Milliseconds. */
export const ANSWER_TTL_MS = 7 * 24 * 3_600_000;
/** Most answers kept; the oldest go first. */
export const MAX_ANSWERS = 1000;

/** Whether JSON says all of a value: what it does not would come back as something else. */
export function isPlain(value: unknown, depth = 0): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  // Something that deep has itself in it.
  if (depth > DEEPEST || typeof value !== 'object' || 'toJSON' in value) return false;
  const kind = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && kind !== Object.prototype && kind !== null) return false;
  return Object.values(value).every((one) => isPlain(one, depth + 1));
}

const DEEPEST = 100;

/** A damaged answer counts as missing, and is stored anew. */
function isAnswer(value: unknown): value is StoredAnswer {
  const { output, agentId, runId, taskId, at } = (value ?? {}) as Partial<StoredAnswer>;
  return [output, agentId, runId, taskId].every((one) => typeof one === 'string') && Number.isFinite(at);
}

/** The answers of a store. Nothing that goes wrong with them is worth a run: an answer that is not found is given anew. */
export function keptAnswers(store: JournalStore, mask: (json: string) => string, isClosed: () => boolean): AnswerStore {
  return {
    find(key, now) {
      try {
        const body = isClosed() ? null : store.findAnswer(key);
        const answer: unknown = body === null ? null : JSON.parse(body);
        return isAnswer(answer) && now - answer.at < ANSWER_TTL_MS ? answer : null;
      } catch {
        return null;
      }
    },
    save(answer) {
      if (isClosed()) return;
      if (answer.data !== undefined && !isPlain(answer.data)) return;
      const json = JSON.stringify(answer);
      if (mask(json) !== json) return;
      try {
        store.saveAnswer(answer.key, answer.at, json);
      } catch {
        // A full disk or a closed journal is reported where records are written.
      }
    },
  };
}
