import type { Plan, TaskSpec } from '../src/plan/types.ts';

/** W1: `n` independent tasks. */
export function flat(n: number): Plan {
  return { tasks: Array.from({ length: n }, (_, i) => ({ id: `t${i}`, prompt: '' })) };
}

/** W2: layers of `width` tasks, each needing three of the layer before. */
export function layered(n: number, width: number): Plan {
  const tasks: TaskSpec[] = [];
  for (let i = 0; i < n; i += 1) {
    const layer = Math.floor(i / width);
    const before = (layer - 1) * width;
    const dependsOn = layer === 0 ? [] : [0, 7, 31].map((step) => `t${before + (((i % width) + step) % width)}`);
    tasks.push({ id: `t${i}`, prompt: '', dependsOn });
  }
  return { tasks };
}

/** W3: one chain. */
export function chain(n: number): Plan {
  return {
    tasks: Array.from({ length: n }, (_, i) => ({ id: `t${i}`, prompt: '', dependsOn: i === 0 ? [] : [`t${i - 1}`] })),
  };
}

/** W4: `chains` chains of `length` tasks, and how long each sleeps, milliseconds, from a seed. */
export function sleepyChains(chains: number, length: number, seed: number): { plan: Plan; ms: Map<string, number> } {
  const random = mulberry32(seed);
  const tasks: TaskSpec[] = [];
  const ms = new Map<string, number>();
  for (let at = 0; at < length; at += 1) {
    for (let c = 0; c < chains; c += 1) {
      const id = `c${c}.${at}`;
      tasks.push({ id, prompt: '', dependsOn: at === 0 ? [] : [`c${c}.${at - 1}`] });
      ms.set(id, 1 + Math.floor(random() * 20));
    }
  }
  return { plan: { tasks }, ms };
}

/** A small seeded generator, so that every run sleeps the same. */
export function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
