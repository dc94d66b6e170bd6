/** A value as text, keys sorted, so that equal values give equal texts. Errors keep name and message; functions vanish. */
export function stable(value: unknown): string {
  return JSON.stringify(value, sorted) ?? 'undefined';
}

function sorted(_key: string, value: unknown): unknown {
  if (value instanceof Error) return { name: value.name, message: value.message };
  if (value instanceof Map) return { map: [...value] };
  if (value instanceof Set) return { set: [...value] };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

/** A copy that later changes of the original do not reach, of what {@link stable} shows. */
export function frozenCopy(value: unknown): unknown {
  const text = stable(value);
  return text === 'undefined' ? undefined : JSON.parse(text);
}
