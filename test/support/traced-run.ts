import { createSoar } from '../../src/create-soar.ts';
import type { Plan } from '../../src/plan/types.ts';
import type { RunResult } from '../../src/run/result.ts';
import type { RunHandle } from '../../src/run-handle.ts';
import type { RunOptions, SoarOptions } from '../../src/soar-types.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { createRecorder, type RecorderOptions } from '../../src/trace/recorder.ts';
import type { RecordOf, TraceRecord } from '../../src/trace/trace.schema.ts';

export interface TracedRun {
  records: TraceRecord[];
  result: RunResult;
  of<T extends TraceRecord['type']>(type: T): RecordOf<T>[];
}

export interface TracedRunOptions {
  plan: Plan;
  soar: SoarOptions;
  run?: RunOptions;
  trace?: Partial<RecorderOptions>;
  clock?: VirtualClock;
  /** Called when the run has been started, before anything has happened. */
  onRun?: (handle: RunHandle, clock: VirtualClock) => void;
}

/** Runs a plan to its end on a virtual clock that begins at 0, with a recorder on it. */
export async function tracedRun(options: TracedRunOptions): Promise<TracedRun> {
  const { plan, trace = {}, clock = new VirtualClock(), onRun } = options;
  const records: TraceRecord[] = [];
  const sinks = [{ write: (record: TraceRecord) => void records.push(record) }, ...(trace.sinks ?? [])];
  const recorder = createRecorder({ id: 't', clock, ...trace, sinks });
  const soar = createSoar({ clock, random: () => 0.5, ...options.soar, inspect: recorder.inspect });
  const handle = soar.run(plan, { runId: 'r', ...options.run });
  handle.events$.subscribe(recorder.publish);
  onRun?.(handle, clock);
  const result = await clock.settle(handle.result);
  await clock.settle(soar.close());
  await recorder.close();
  return {
    records,
    result,
    of: <T extends TraceRecord['type']>(type: T) =>
      records.filter((record): record is RecordOf<T> => record.type === type),
  };
}
