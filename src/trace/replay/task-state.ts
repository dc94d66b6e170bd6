import type { TaskState } from '../../run/task-states.ts';
import type { TraceState } from '../trace.schema.ts';

const PLAIN: ReadonlySet<string> = new Set(['staggered', 'retrying', 'cooling', 'circuitOpen', 'cancelling']);

/** The state of a task, from that of its machine; null once it is done. An unknown state counts as `running`. */
export function taskStateOf(state: TraceState | null): TaskState | null {
  if (state === null) return 'running';
  const [top, inner] = typeof state === 'string' ? [state, undefined] : (Object.entries(state)[0] ?? ['']);
  if (top === 'running') return inner === 'stalled' || inner === 'stopping' ? inner : 'running';
  if (top === 'fallback') return inner === 'waiting' ? 'fallback.waiting' : 'fallback.running';
  if (top === 'awaitingVerdict') return 'retrying';
  if (top === 'done') return null;
  return PLAIN.has(top) ? (top as TaskState) : 'running';
}
