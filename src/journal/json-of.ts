/** JSON of anything: what an agent gave as `data` may be cyclic, or hold what JSON cannot say. */
export function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return JSON.stringify(sayable(value, new Set()));
  }
}

function sayable(value: unknown, above: Set<object>): unknown {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (above.has(value)) return '[circular]';
  above.add(value);
  try {
    if (Array.isArray(value)) return value.map((one) => sayable(one, above));
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, sayable(one, above)]));
  } catch {
    return '[unreadable]';
  } finally {
    above.delete(value);
  }
}
