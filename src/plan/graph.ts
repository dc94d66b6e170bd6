/**
 * Edges between tasks, which are known by their positions: those of position `p` are `to[from[p]]` up to, not including,
 * `to[from[p + 1]]`. Two flat arrays, as a list for every task costs more to allocate than all the rest of compiling.
 */
export interface Edges {
  readonly size: number;
  readonly from: Int32Array;
  readonly to: Int32Array;
}

/** The edges turned round: from each position to those that depend on it, ascending. */
export function reversed({ size, from, to }: Edges): Edges {
  const back = new Int32Array(size + 1);
  for (const target of to) back[target + 1] = at(back, target + 1) + 1;
  for (let position = 0; position < size; position += 1)
    back[position + 1] = at(back, position + 1) + at(back, position);
  const next = back.slice();
  const origins = new Int32Array(to.length);
  for (let position = 0; position < size; position += 1) {
    for (let edge = at(from, position); edge < at(from, position + 1); edge += 1) {
      const target = at(to, edge);
      const place = at(next, target);
      origins[place] = position;
      next[target] = place + 1;
    }
  }
  return { size, from: back, to: origins };
}

export interface Levels {
  /** 1-based level by position: 1 + the highest level it depends on; 0 for what a cycle keeps from starting. */
  levels: Int32Array;
  /** How many have a level. */
  placed: number;
  /** Edges looked at; never more than there are. */
  steps: number;
}

/** Topological levels, in time linear in tasks and edges (Kahn). `dependencies` has no edge twice. */
export function levelsOf(dependencies: Edges, dependents: Edges): Levels {
  const { size } = dependencies;
  const open = degrees(dependencies);
  const levels = new Int32Array(size);
  const queue = new Int32Array(size);
  let placed = 0;
  let steps = 0;
  for (let position = 0; position < size; position += 1) {
    if (open[position] !== 0) continue;
    levels[position] = 1;
    queue[placed] = position;
    placed += 1;
  }
  for (let next = 0; next < placed; next += 1) {
    const position = at(queue, next);
    for (let edge = at(dependents.from, position); edge < at(dependents.from, position + 1); edge += 1) {
      steps += 1;
      const dependent = at(dependents.to, edge);
      open[dependent] = at(open, dependent) - 1;
      if (open[dependent] !== 0) continue;
      // The last of its dependencies to be placed has the highest level: the queue is in order of levels.
      levels[dependent] = at(levels, position) + 1;
      queue[placed] = dependent;
      placed += 1;
    }
  }
  return { levels, placed, steps };
}

/**
 * Cycles among what has no level: as many as can be found that share no task, each once, as positions in the order of
 * "depends on", beginning with the first in the plan. What merely waits for a cycle is in none of them. Linear.
 */
export function cyclesOf(dependencies: Edges, dependents: Edges, levels: Int32Array): number[][] {
  const { size, from, to } = dependencies;
  const alive = Uint8Array.from(levels, (level) => (level === 0 ? 1 : 0));
  const aliveDependencies = degrees(dependencies, (target) => alive[target] === 1);
  /** Next edge of each position to try. What died never comes back, so no edge is looked at twice. */
  const edgeOf = from.slice();
  const placeOnPath = new Int32Array(size).fill(-1);
  const path: number[] = [];
  const cycles: number[][] = [];

  /** Takes a cycle out, and with it whatever then depends on nothing that is left. */
  function remove(cycle: readonly number[]): void {
    const queue = [...cycle];
    for (const position of queue) alive[position] = 0;
    for (let next = 0; next < queue.length; next += 1) {
      const position = queue[next] ?? 0;
      for (let edge = at(dependents.from, position); edge < at(dependents.from, position + 1); edge += 1) {
        const dependent = at(dependents.to, edge);
        aliveDependencies[dependent] = at(aliveDependencies, dependent) - 1;
        if (aliveDependencies[dependent] !== 0 || alive[dependent] === 0) continue;
        alive[dependent] = 0;
        queue.push(dependent);
      }
    }
  }

  for (let start = 0; start < size; start += 1) {
    if (alive[start] === 0) continue;
    // Everything alive depends on something alive, so a walk along dependencies must come back to itself.
    placeOnPath[start] = path.push(start) - 1;
    while (path.length > 0) {
      const here = path.at(-1) ?? 0;
      if (alive[here] === 0) {
        path.pop();
        continue;
      }
      while (alive[at(to, at(edgeOf, here))] === 0) edgeOf[here] = at(edgeOf, here) + 1;
      const next = at(to, at(edgeOf, here));
      const place = at(placeOnPath, next);
      if (place === -1) {
        placeOnPath[next] = path.push(next) - 1;
        continue;
      }
      const cycle = path.slice(place);
      cycles.push(fromFirst(cycle));
      remove(cycle);
    }
  }
  return cycles.sort(([a = 0], [b = 0]) => a - b);
}

function degrees({ size, from, to }: Edges, counts: (target: number) => boolean = () => true): Int32Array {
  const degree = new Int32Array(size);
  for (let position = 0; position < size; position += 1) {
    for (let edge = at(from, position); edge < at(from, position + 1); edge += 1) {
      if (counts(at(to, edge))) degree[position] = at(degree, position) + 1;
    }
  }
  return degree;
}

function at(array: Int32Array, index: number): number {
  return array[index] as number;
}

function fromFirst(cycle: readonly number[]): number[] {
  let least = 0;
  cycle.forEach((position, place) => {
    if (position < (cycle[least] ?? 0)) least = place;
  });
  return [...cycle.slice(least), ...cycle.slice(0, least)];
}
