import { stable } from './project.ts';

/** Longest list of differences, lines. */
const SHOWN = 10;

/** Where two projections differ, a line each: `context.tries: expected 2, found 1`. */
export function differences(expected: unknown, found: unknown): string[] {
  const all = [...between(expected, found, '')];
  return all.length > SHOWN ? [...all.slice(0, SHOWN), `… and ${all.length - SHOWN} more`] : all;
}

function* between(expected: unknown, found: unknown, at: string): Generator<string> {
  if (stable(expected) === stable(found)) return;
  if (!isRecord(expected) || !isRecord(found) || Array.isArray(expected) !== Array.isArray(found)) {
    yield `${at || 'the state'}: expected ${stable(expected)}, found ${stable(found)}`;
    return;
  }
  for (const key of new Set([...Object.keys(expected), ...Object.keys(found)])) {
    yield* between(expected[key], found[key], at === '' ? key : `${at}.${key}`);
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
