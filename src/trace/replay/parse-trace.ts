import { SoarError } from '../../errors/soar-error.ts';
import { type TraceRecord, traceRecordSchema } from '../trace.schema.ts';
import { TRACE_VERSION } from '../version.ts';
import { CurrentRecords } from './current-record.ts';

/**
 * Reads a trace of JSON lines, as `--trace` and `fileSink` write it, and checks every record. Converts earlier versions to the
 * present one. Leaves out a last line that was cut off, because its writer may have been killed.
 *
 * @param text The whole file.
 * @returns The records in their order; keys that the format does not have are left out.
 * @throws {SoarError} `io` when the text is not a trace, of a newer version, or damaged; the message names the line.
 * @example
 * import { readFileSync } from 'node:fs';
 * import { parseTrace } from 'soar-machine';
 *
 * const records = parseTrace(readFileSync('run.jsonl', 'utf8'));
 * console.log(records.filter(({ type }) => type === 'task.settled').length);
 */
export function parseTrace(text: string): TraceRecord[] {
  const lines = text.split('\n');
  const records: TraceRecord[] = [];
  const current = new CurrentRecords();
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const value = jsonOf(line);
    if (value === undefined) {
      if (index === lines.length - 1 && records.length > 0) break;
      throw new SoarError('io', `Line ${index + 1} of the trace is damaged: it is no JSON.`);
    }
    if (records.length === 0) checkHeader(value);
    const parsed = traceRecordSchema.safeParse(isRecord(value) ? current.read(value) : value);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      const where = issue?.path.join('.') || 'the record';
      throw new SoarError('io', `Line ${index + 1} of the trace is damaged: ${where}: ${issue?.message}.`);
    }
    records.push(parsed.data);
  }
  if (records.length === 0) throw new SoarError('io', 'The trace is empty. Expected JSON lines written by `--trace`.');
  return records;
}

const isRecord = (value: unknown): value is TraceRecord => typeof value === 'object' && value !== null;

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function checkHeader(value: unknown): void {
  const { type, v } = (value ?? {}) as { type?: unknown; v?: unknown };
  if (type !== 'trace.started') {
    throw new SoarError('io', 'This is not a trace: its first line is not of type `trace.started`.');
  }
  if (typeof v === 'number' && v > TRACE_VERSION) {
    throw new SoarError(
      'io',
      `This trace is of version ${v}, and version ${TRACE_VERSION} is the newest this soar-machine reads. Update it.`,
    );
  }
}
