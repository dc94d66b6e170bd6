import type { RunEvent } from '../run/events.ts';
import type { RunHandle } from '../run-handle.ts';

/** What a run told of itself so far, in order. */
export interface RunRecord {
  readonly events: readonly RunEvent[];
}

/**
 * Keeps everything a run tells in `events$`. Call it at once, in the turn that started the run, and nothing is missed.
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
