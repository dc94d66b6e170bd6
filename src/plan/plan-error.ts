import { type Issue, SoarError } from '../errors/soar-error.ts';

/** Faults that the message itself lists; all of them are in `issues`. */
export const LISTED_ISSUES = 20;

/** Error that lists the faults of a plan. `issues` must not be empty. */
export function planError(found: readonly Issue[], options: { cause?: unknown; name?: string } = {}): SoarError {
  const issues = found.map(({ path, message, taskId, code }) => ({
    path,
    message,
    ...(taskId === undefined ? {} : { taskId }),
    ...(code === undefined ? {} : { code }),
  }));
  const listed = issues.slice(0, LISTED_ISSUES).map(({ message }) => message);
  const rest = issues.length - listed.length;
  const subject = options.name === undefined ? 'The plan' : `The plan ${options.name}`;
  const cause = options.cause === undefined ? {} : { cause: options.cause };
  if (issues.length === 1)
    return new SoarError('invalid-plan', `${subject} is not valid: ${listed[0]}`, { issues, ...cause });
  const more = rest > 0 ? [`… and ${rest} more.`] : [];
  const lines = [`${subject} has ${issues.length} faults:`, ...[...listed, ...more].map((line) => `  ${line}`)];
  return new SoarError('invalid-plan', lines.join('\n'), { issues, ...cause });
}
