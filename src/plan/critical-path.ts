interface Dependent {
  readonly id: string;
  readonly dependsOn: readonly string[];
}

export interface CriticalPath {
  /** From the first task to the last; empty when no task took time. */
  ids: string[];
  durationMs: number;
}

/**
 * The longest chain of dependent tasks, by the time each took from its first start. Takes tasks in the order of their
 * waves, so every task comes after its dependencies.
 */
export function criticalPath<T extends Dependent>(tasks: Iterable<T>, durationOf: (task: T) => number): CriticalPath {
  const chains = new Map<string, { ms: number; before: string | null }>();
  let last: string | null = null;
  let longest = 0;
  for (const task of tasks) {
    let before: string | null = null;
    let ms = 0;
    for (const id of task.dependsOn) {
      const chain = chains.get(id);
      if (!chain || (before !== null && chain.ms <= ms)) continue;
      before = id;
      ms = chain.ms;
    }
    ms += durationOf(task);
    chains.set(task.id, { ms, before });
    if (ms <= longest) continue;
    longest = ms;
    last = task.id;
  }
  const ids: string[] = [];
  for (let id = last; id !== null; id = chains.get(id)?.before ?? null) ids.push(id);
  return { ids: ids.reverse(), durationMs: longest };
}
