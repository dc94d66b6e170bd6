/** Plain data: what JSON could hold, of this or another realm. */
function isPlain(value: unknown): value is Record<string, unknown> | unknown[] {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

const CLONED: ReadonlySet<string> = new Set(['Date', 'Map', 'Set', 'ArrayBuffer']);

/** Dates, maps and bytes can be changed whatever is frozen, so they are cloned; functions and instances stay what they are. */
function cloned(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const tag = Object.prototype.toString.call(value).slice('[object '.length, -1);
  if (!CLONED.has(tag) && !ArrayBuffer.isView(value)) return value;
  try {
    return structuredClone(value);
  } catch {
    return value;
  }
}

/**
 * Freezes plain data of our own, with all that is in it, and returns it. Stops at what is frozen already. Without
 * recursion, since an agent's data may be nested without end.
 */
export function deepFreeze<T>(value: T): T {
  const open: unknown[] = [value];
  for (let next = open.pop(); open.length > 0 || next !== undefined; next = open.pop()) {
    if (!isPlain(next) || Object.isFrozen(next)) continue;
    Object.freeze(next);
    for (const one of Object.values(next)) if (typeof one === 'object' && one !== null) open.push(one);
  }
  return value;
}

/**
 * A copy of plain data, to hand to code that may change it. What is met twice is copied once.
 *
 * @param keepFrozen Leaves frozen parts as they are. Default false.
 */
export function copyOf<T>(value: T, keepFrozen = false): T {
  return copied(value, false, keepFrozen);
}

/** A frozen copy of plain data that a user gave and may still change. */
export function frozenCopy<T>(value: T): T {
  return copied(value, true, false);
}

function copied<T>(root: T, freeze: boolean, keepFrozen: boolean): T {
  const copies = new Map<unknown, object>();
  const open: [from: object, to: object][] = [];
  const copyIn = (value: unknown): unknown => {
    if (!isPlain(value)) return cloned(value);
    if (keepFrozen && Object.isFrozen(value)) return value;
    let copy = copies.get(value);
    if (copy === undefined) {
      copy = Array.isArray(value) ? new Array(value.length) : {};
      copies.set(value, copy);
      open.push([value, copy]);
    }
    return copy;
  };
  const copy = copyIn(root);
  for (let next = open.pop(); next; next = open.pop()) {
    const [from, to] = next;
    for (const key of Object.keys(from)) {
      const value = copyIn((from as Record<string, unknown>)[key]);
      // By assignment, this one would change the copy's prototype.
      if (key === '__proto__') Object.defineProperty(to, key, { value, enumerable: true, configurable: true });
      else (to as Record<string, unknown>)[key] = value;
    }
  }
  if (freeze) for (const one of copies.values()) Object.freeze(one);
  return copy as T;
}
