import { MASKED, type Mask } from '../text/mask/mark.ts';
import { secretKindOf } from '../text/mask/secret-names.ts';

const LONGEST_TEXT = 200;
const DEEPEST = 4;
const MOST_ENTRIES = 20;

/** Cuts a text, and says so. */
export function clip(text: string, chars = LONGEST_TEXT): string {
  return text.length <= chars ? text : `${text.slice(0, chars - 1)}…`;
}

/**
 * A small copy of a value that is plain JSON whatever the value is: cycles, errors, maps, sets, functions, big
 * integers, actors and getters that throw. Long texts are cut, deep and long structures summed up; texts are masked.
 */
export function plain(value: unknown, mask: Mask): unknown {
  return copy(value, mask, 0, new Set());
}

function copy(value: unknown, mask: Mask, depth: number, above: Set<object>): unknown {
  switch (typeof value) {
    case 'string':
      return clip(mask(clip(value, 10 * LONGEST_TEXT)));
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'boolean':
      return value;
    case 'bigint':
      return String(value);
    case 'function':
      return `[function ${value.name || 'anonymous'}]`;
    case 'symbol':
      return String(value);
    case 'object':
      return value === null ? null : copyObject(value, mask, depth, above);
    default:
      return undefined;
  }
}

function copyObject(value: object, mask: Mask, depth: number, above: Set<object>): unknown {
  if (above.has(value)) return '[circular]';
  try {
    if (value instanceof Error) return errorText(value, mask);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? '[date]' : value.toISOString();
    if (ArrayBuffer.isView(value)) return `[${value.constructor.name} of ${value.byteLength} bytes]`;
    const session = (value as { sessionId?: unknown }).sessionId;
    if (typeof session === 'string' && typeof (value as { send?: unknown }).send === 'function') {
      return `[actor ${session}]`;
    }
    if (depth >= DEEPEST) return Array.isArray(value) ? `[${value.length} items]` : '[object]';
    above.add(value);
    try {
      return copyMembers(value, mask, depth + 1, above);
    } finally {
      above.delete(value);
    }
  } catch {
    return '[unreadable]';
  }
}

function copyMembers(value: object, mask: Mask, depth: number, above: Set<object>): unknown {
  if (Array.isArray(value) || value instanceof Set) {
    const all = Array.isArray(value) ? value : [...value];
    const items = all.slice(0, MOST_ENTRIES).map((item) => copy(item, mask, depth, above) ?? null);
    return all.length > MOST_ENTRIES ? [...items, `[${all.length - MOST_ENTRIES} more]`] : items;
  }
  const isMap = value instanceof Map;
  const keys: unknown[] = isMap ? [...value.keys()] : Object.keys(value);
  const copied: Record<string, unknown> = {};
  for (const key of keys.slice(0, MOST_ENTRIES)) {
    const name = typeof key === 'string' ? clip(key) : clip(String(key));
    Object.defineProperty(copied, name, {
      value: copyMember(value, key, isMap, mask, depth, above),
      enumerable: true,
      configurable: true,
    });
  }
  if (keys.length > MOST_ENTRIES) copied['…'] = `[${keys.length - MOST_ENTRIES} more]`;
  return copied;
}

function copyMember(
  value: object,
  key: unknown,
  isMap: boolean,
  mask: Mask,
  depth: number,
  above: Set<object>,
): unknown {
  const isSecret = typeof key === 'string' && secretKindOf(key) !== null;
  try {
    const member = isMap ? (value as Map<unknown, unknown>).get(key) : (value as Record<string, unknown>)[String(key)];
    return isSecret && isHidden(member) ? MASKED : copy(member, mask, depth, above);
  } catch {
    return '[unreadable]';
  }
}

/** Masks any text, and any value that may contain text, at a key that names a secret. */
function isHidden(member: unknown): boolean {
  return (typeof member === 'string' && member !== '') || (typeof member === 'object' && member !== null);
}

/** Any thrown value in a line; never throws itself. */
export function errorText(error: unknown, mask: Mask): string {
  try {
    if (!(error instanceof Error)) return clip(mask(String(error)), 500);
    const name = typeof error.name === 'string' ? error.name : 'Error';
    return clip(mask(`${name}: ${error.message}`), 500);
  } catch {
    return '[unreadable error]';
  }
}
