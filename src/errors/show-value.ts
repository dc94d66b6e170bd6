const LONGEST = 60;

/** A value as error messages show it: `` `-1` (number) ``; never throws, never long. */
export function showValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return '`null`';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'function') return 'a function';
  if (value === '') return 'an empty string';
  // Quotes and escapes only where a control character would break the message.
  const text = typeof value === 'string' && /\p{Cc}/u.test(value) ? JSON.stringify(value) : String(value);
  return `\`${text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text}\` (${typeof value})`;
}
