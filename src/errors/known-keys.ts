import { quoted } from '../text/foreign-text.ts';
import { didYouMean } from './nearest.ts';
import { SoarError } from './soar-error.ts';

/**
 * Refuses options that a function does not have: a mistyped one would be ignored without a word.
 *
 * @param name The function, as its user writes it.
 * @throws {SoarError} `invalid-options` naming each, with the nearest that is known.
 */
export function requireKnownKeys(name: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).filter((key) => !known.includes(key));
  if (unknown.length === 0) return;
  const faults = unknown.map((key) => `Unknown option ${quoted(key)} of \`${name}\`.${didYouMean(key, known)}`);
  const rest = `It has ${known.map((key) => `\`${key}\``).join(', ')}.`;
  throw new SoarError('invalid-options', [...faults, rest].join(' '));
}

/** The keys of a type; the compiler says which are missing or too many. */
export function keysOf<T>(keys: Record<keyof Required<T>, true>): readonly string[] {
  return Object.keys(keys);
}
