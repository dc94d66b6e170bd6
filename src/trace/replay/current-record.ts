import type { TraceRecord } from '../trace.schema.ts';
import { TRACE_VERSION } from '../version.ts';

type Plain = Record<string, unknown>;

/** Fields that version 1 named otherwise. */
const RENAMED: readonly (readonly [old: string, now: string])[] = [
  ['run', 'runId'],
  ['task', 'taskId'],
  ['agent', 'agentId'],
];

/** Converts records of earlier formats to the present one. Keep one for each trace: its first record says the version. */
export class CurrentRecords {
  #version = TRACE_VERSION;

  /** Returns the record in the present format; the same object when it is in that format already. */
  read(record: TraceRecord): TraceRecord {
    if (record.type === 'trace.started') this.#version = record.v;
    return this.#version === 1 ? (fromVersion1(record as unknown as Plain) as TraceRecord) : record;
  }
}

function fromVersion1(record: Plain): Plain {
  if (record.type === 'trace.started') return { ...record, v: 2 };
  const now = renamed(record);
  if (isPlain(now.data)) now.data = renamed(now.data);
  if (Array.isArray(now.attempts)) now.attempts = now.attempts.map((one) => (isPlain(one) ? renamed(one) : one));
  return now;
}

function renamed(given: Plain): Plain {
  const now = { ...given };
  for (const [old, name] of RENAMED) {
    if (typeof now[old] !== 'string') continue;
    now[name] = now[old];
    delete now[old];
  }
  return now;
}

const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
