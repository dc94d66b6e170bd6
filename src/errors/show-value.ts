import { clipped, escaped } from '../text/foreign-text.ts';

const LONGEST = 60;
const TOO_LARGE = 'a number too large to be kept exactly';

/** A value as error messages show it: `` `-1` (number) ``; never throws, never long. */
export function showValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return '`null`';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'function') return 'a function';
  if (value === '') return 'an empty string';
  const text = String(value).slice(0, LONGEST * 2);
  const shown = escaped(text);
  // Quotes only where something had to be escaped: there a backslash is not a backslash of the value.
  return `\`${clipped(shown === text ? text : `"${shown.replaceAll('"', '\\"')}"`, LONGEST + 1)}\` (${typeof value === 'bigint' ? TOO_LARGE : typeof value})`;
}
