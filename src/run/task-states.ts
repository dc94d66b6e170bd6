/**
 * The states of a task under way, in the order of its life: those of its chart, and of an attempt in flight `stalled` (silent) and
 * `stopping` (asked to end). Events, traces and the viewer use these names. `task.settled` reports the end.
 */
export const TASK_STATES = [
  'staggered',
  'running',
  'stalled',
  'stopping',
  'retrying',
  'cooling',
  'circuitOpen',
  'fallback.waiting',
  'fallback.running',
  'cancelling',
] as const;
export type TaskState = (typeof TASK_STATES)[number];
