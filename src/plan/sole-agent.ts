/** Id of the built-in agent, which searches passages: a task gets it only by name. */
const BUILTIN = 'extract';

/** The agent of tasks that name none: the only one there is. Null for none, for several, and for the built-in one. */
export function soleAgent(ids: Iterable<string>): string | null {
  const [only, ...others] = ids;
  return only === undefined || others.length > 0 || only === BUILTIN ? null : only;
}
