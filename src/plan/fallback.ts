import type { Task } from './types.ts';

type Named = string | false | undefined;

/**
 * The fallback of a run: the first of these that is stated.
 *
 * @param layers The run's own option, then its plan's, then the engine's; `false`: none.
 */
export function runFallback(...layers: readonly Named[]): string | null {
  return layers.find((one) => one !== undefined) || null;
}

/** The fallback of a task: its own, else the run's; null for none. Never the task's own agent. */
export function taskFallback({ spec, agent }: Pick<Task, 'spec' | 'agent'>, ofRun: string | null): string | null {
  const id = runFallback(spec.fallback, ofRun ?? undefined);
  return id === agent ? null : id;
}
