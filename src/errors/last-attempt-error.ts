import type { TaskOutcome } from '../types/task.ts';

/**
 * Error of a task's last attempt before an open circuit or a spent budget kept it from another, as
 * ` (before it: exit: no such file)`; empty when there was no such attempt. What the outcome itself says is then only why no
 * more was tried.
 */
export function lastAttemptError({ error, attempts }: Pick<TaskOutcome, 'error' | 'attempts'>): string {
  if (error?.kind !== 'circuit_open' && error?.kind !== 'budget') return '';
  const before = attempts.at(-1)?.error;
  return before ? ` (before it: ${before.kind}: ${before.message})` : '';
}
