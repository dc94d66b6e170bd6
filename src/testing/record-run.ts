import type { RunEvent } from '../run/events.ts';
import type { RunHandle } from '../run-handle.ts';

/** Events of a run so far, in order. */
export interface RunRecord {
  readonly events: readonly RunEvent[];
}

/**
 * Keeps every event of `events$`. Call it in the same turn that started the run, so nothing is missed.
 *
 * @example
 * const record = recordRun(soar.run(plan));
 * await clock.runAll();
 * expect(record).toHaveVisited('a', ['staggered', 'running', 'done']);
 */
export function recordRun(run: Pick<RunHandle, 'events$'>): RunRecord {
  const events: RunEvent[] = [];
  run.events$.subscribe((event) => events.push(event));
  return { events };
}
