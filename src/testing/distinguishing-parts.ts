import { isRecord } from './differences.ts';
import { stable } from './project.ts';

/** Most parts listed. */
const SHOWN = 5;

/** The parts of many projections that differ most: `context.count (101 values), value (2 values)`. */
export function distinguishingParts(projections: readonly unknown[]): string {
  const values = new Map<string, Set<string>>();
  for (const projected of projections) {
    for (const [at, value] of leavesOf(projected, '')) {
      const known = values.get(at) ?? new Set();
      values.set(at, known.add(value));
    }
  }
  const parts = [...values].filter(([, { size }]) => size > 1).sort(([, a], [, b]) => b.size - a.size);
  const listed = parts.slice(0, SHOWN).map(([at, { size }]) => `${at || 'all of it'} (${size} values)`);
  return listed.join(', ') || 'pending deadlines alone';
}

function* leavesOf(value: unknown, at: string): Generator<[string, string]> {
  if (!isRecord(value) || Array.isArray(value) || Object.keys(value).length === 0) {
    yield [at, stable(value)];
    return;
  }
  for (const [key, part] of Object.entries(value)) yield* leavesOf(part, at === '' ? key : `${at}.${key}`);
}
