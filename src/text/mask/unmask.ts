/** Placeholder of a lost secret in the second reading; any text that differs from the mark will do. */
const OTHER = '«lost»';

/**
 * JSON read with its secrets back where the environment has them, and in `lost` every text and key in which one has not come
 * back. A text that merely contains `«masked»` does not count: the two readings differ where a secret stood, and there alone.
 */
export function readWhole(json: string, unmask: (json: string, lost?: string) => string, lost: Set<string>): unknown {
  const text = unmask(json);
  const value: unknown = JSON.parse(text);
  const other = unmask(json, OTHER);
  if (other !== text) compare(value, JSON.parse(other), lost);
  return value;
}

function compare(value: unknown, other: unknown, lost: Set<string>): void {
  if (typeof value === 'string') {
    if (value !== other) lost.add(value);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const others = Object.entries(other as object);
  for (const [at, [key, inner]] of Object.entries(value).entries()) {
    const [otherKey, otherInner] = others[at] ?? [];
    if (key !== otherKey) lost.add(key);
    compare(inner, otherInner, lost);
  }
}
