type Path = readonly PropertyKey[];

/**
 * Keeps numbers as they are written where reading them changes them. A number that names something becomes its text: `id: 1.10` is the
 * task "1.10", not "1.1"; versions in an environment are such names too. Any other whole number beyond 2^53 becomes a bigint, which the
 * checks of a plan refuse with its digits.
 *
 * @param value Plain data, which is changed in place.
 * @param writtenAt The number at a path as it is written; null when unknown.
 */
export function keepWrittenNumbers(value: unknown, writtenAt: (at: Path) => string | null): void {
  const seen = new Set<object>();
  const open: [owner: object, at: Path][] = isObject(value) ? [[value, []]] : [];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [owner, at] = next;
    if (seen.has(owner)) continue;
    seen.add(owner);
    for (const [name, inner] of Object.entries(owner)) {
      const key = Array.isArray(owner) ? Number(name) : name;
      if (isObject(inner)) open.push([inner, [...at, key]]);
      else if (typeof inner === 'number') Reflect.set(owner, key, kept(inner, [...at, key], writtenAt));
    }
  }
}

function kept(value: number, at: Path, writtenAt: (at: Path) => string | null): unknown {
  if (isName(at)) return writtenAt(at) ?? value;
  if (!Number.isInteger(value) || Number.isSafeInteger(value)) return value;
  const digits = writtenAt(at)?.replace(/^\+/, '') ?? '';
  return /^-?\d+$/.test(digits) ? BigInt(digits) : BigInt(value);
}

/** Whether what stands at a path of a plan or a configuration names something: an id, a dependency, a variable's value. */
function isName(at: Path): boolean {
  const [first, , third, , fifth] = at;
  if (first === 'agents') return at.length === 4 && third === 'env';
  if (first !== 'tasks' || typeof at[1] !== 'number' || fifth !== undefined) return false;
  return at.length === 3 ? third === 'id' : third === 'dependsOn' || third === 'env';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
