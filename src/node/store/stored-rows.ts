import type * as z from 'zod/mini';
import { toIssues } from '../../errors/zod-issues.ts';
import { damagedRun, newerRun } from '../../journal/run-errors.ts';
import type { LogEntry, RunHeader, StoredBreaker, StoredPace } from '../../run/entries.ts';
import { quoted } from '../../text/foreign-text.ts';
import type { OwnerRow, RunRow } from './sqlite-statements.ts';
import {
  breakerSchema,
  entrySchemas,
  headerSchema,
  ownerRowSchema,
  paceSchema,
  runRowSchema,
} from './stored-run.schema.ts';

/** A row as SQLite gives it: whole numbers are of type bigint. */
export type Row = Readonly<Record<string, unknown>>;

/** A run's first record: what it was started with. In no row that changes, since it may be large. */
export const OPENED = 'run.opened';

/** Row of a run; null when it is damaged. */
export function runRowOf(row: Row): RunRow | null {
  const value = withNumbers(row);
  return runRowSchema.safeParse(value).success ? (value as unknown as RunRow) : null;
}

/** Row of an owner; null when it is damaged, so it has no owner. */
export function ownerRowOf(row: Row): OwnerRow | null {
  const value = withNumbers(row);
  return ownerRowSchema.safeParse(value).success ? (value as unknown as OwnerRow) : null;
}

/** State of an agent; null when it is damaged, and starts anew. */
export function breakerOf(body: unknown): StoredBreaker | null {
  return learned<StoredBreaker>(breakerSchema, body);
}

/** The same of a provider. */
export function paceOf(body: unknown): StoredPace | null {
  return learned<StoredPace>(paceSchema, body);
}

/** Records of a run, checked as far as they are used. */
export class RunReader {
  readonly #runId: string;
  readonly #store: string;
  readonly #parse: (type: string, body: string) => unknown;

  /** @param parse Reads the JSON of a record. */
  constructor(runId: string, store: string, parse: (type: string, body: string) => unknown) {
    this.#runId = runId;
    this.#store = store;
    this.#parse = parse;
  }

  /** Throws {@link damagedRun} with the first fault, and {@link newerRun}. */
  read(rows: readonly Row[]): { header: RunHeader; entries: LogEntry[] } {
    const [opened, ...rest] = rows;
    if (!opened || Number(opened.seq) !== 0 || opened.type !== OPENED)
      throw this.#damaged('its first record is missing');
    const header = this.#checked(opened, headerSchema, 0) as RunHeader;
    if (header.runId !== this.#runId) throw this.#damaged('its first record is that of another run');
    return { header, entries: rest.map((row, index) => this.#entry(row, index + 1)) };
  }

  #entry(row: Row, place: number): LogEntry {
    const { seq, type } = row;
    if (Number(seq) !== place) throw this.#damaged(`record ${place} is missing`);
    if (typeof type !== 'string') throw this.#damaged(`record ${place} has no type`);
    if (!Object.hasOwn(entrySchemas, type))
      throw newerRun(this.#runId, `a record of type ${quoted(type)}`, this.#store);
    const entry = this.#checked(row, entrySchemas[type as LogEntry['type']], place) as LogEntry;
    if (entry.type !== type) throw this.#damaged(`record ${place} (${type}) is one of another type`);
    return entry;
  }

  #checked({ type, body }: Row, schema: z.ZodMiniType<unknown>, place: number): unknown {
    const name = `record ${place} (${String(type)})`;
    if (typeof body !== 'string') throw this.#damaged(`${name} is not text`);
    let value: unknown;
    try {
      value = this.#parse(String(type), body);
    } catch (cause) {
      const why = cause instanceof SyntaxError ? 'is not JSON' : (cause as Error).message;
      throw this.#damaged(`${name} ${why}`, cause);
    }
    const { error } = schema.safeParse(value);
    if (!error) return value;
    const [issue] = toIssues(error.issues, { subject: 'It', value });
    throw this.#damaged(`${name} is not as expected: ${issue?.message.replace(/\.$/, '') ?? error.message}`);
  }

  #damaged(why: string, cause?: unknown) {
    return damagedRun(this.#runId, why, { store: this.#store, cause });
  }
}

function learned<T>(schema: z.ZodMiniType<unknown>, body: unknown): T | null {
  try {
    const value: unknown = JSON.parse(body as string);
    return schema.safeParse(value).success ? (value as T) : null;
  } catch {
    return null;
  }
}

function withNumbers(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]),
  );
}
