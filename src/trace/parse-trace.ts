import { SoarError } from '../errors/soar-error.ts';
import { type TraceRecord, traceRecordSchema } from './trace.schema.ts';
import { TRACE_VERSION } from './version.ts';

/**
 * Reads a trace of JSON lines, every record checked. A last line that was cut off (its writer was killed) is left out.
 *
 * @throws {SoarError} `io` when it is no trace, of a newer version, or damaged; it names the line.
 */
export function parseTrace(text: string): TraceRecord[] {
  const lines = text.split('\n');
  const records: TraceRecord[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const value = jsonOf(line);
    if (value === undefined) {
      if (index === lines.length - 1 && records.length > 0) break;
      throw new SoarError('io', `Line ${index + 1} of the trace is damaged: it is no JSON.`);
    }
    if (records.length === 0) checkHeader(value);
    const parsed = traceRecordSchema.safeParse(value);
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
    throw new SoarError('io', 'This is no trace: its first line is not of type `trace.started`.');
  }
  if (typeof v === 'number' && v > TRACE_VERSION) {
    throw new SoarError(
      'io',
      `This trace is of version ${v}, and version ${TRACE_VERSION} is the newest this soar-machine reads. Update it.`,
    );
  }
}
