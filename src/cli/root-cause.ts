import type { TaskError } from '../types/task.ts';

/**
 * The message of a task that another task's failure has settled, without the error of that task, which is shown once, where it failed.
 *
 * @param errorOf The message of a task that failed, by id; undefined when it is not shown.
 */
export function withoutRootCause(
  { kind, message }: TaskError,
  errorOf: (taskId: string) => string | undefined,
): string {
  if (kind !== 'dependency') return message;
  const from = message.indexOf('`') + 1;
  const to = message.indexOf('`', from);
  const quoted = from > 0 && to > from ? errorOf(message.slice(from, to)) : undefined;
  const ending = quoted ? `: ${quoted}` : '';
  return ending !== '' && message.endsWith(ending) ? message.slice(0, -ending.length) : message;
}
