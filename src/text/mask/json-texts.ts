import { secretKindOf } from './secret-names.ts';

/**
 * The structure of a record, which is not foreign text: the keys of our formats, and the words at those of their members
 * that take one of a few. The place alone decides. A secret that happens to be such a word stays there, where it gives
 * nothing away, and is masked wherever foreign text may contain it.
 */

/** Members that say one of a few words of ours, or a list of those. */
const WORDS: ReadonlySet<string> = new Set([
  ...['type', 'status', 'kind', 'via', 'result', 'state', 'phase', 'complexity', 'schedule', 'onDependencyFailure'],
  ...['event', 'machine', 'keys', 'actions', 'mode', 'src', 'tool', 'decompose', 'strategy'],
]);

/** Members that are wholly ours: a machine's chart. */
const OURS: ReadonlySet<string> = new Set(['chart']);

/** Members that hold what others made up, keys and all. */
const FREE: ReadonlySet<string> = new Set(['data', 'env', 'headers']);

/** Members whose keys are ids. */
const BY_ID: ReadonlySet<string> = new Set(['agents', 'breakers', 'rateLimits', 'providers', 'prices', 'dependencies']);

/** Members that name something, or list such names: whatever stands in one place must be what stands in another. */
const IDS: ReadonlySet<string> = new Set([
  ...['runId', 'taskId', 'agentId', 'attemptId', 'requestId', 'id', 'key', 'agent', 'provider', 'session', 'started'],
  ...['dependsOn', 'criticalPath', 'waves', 'fallback', 'by'],
]);

export interface StructureChange {
  /** Of a text. */
  text(value: string): string;
  /** Of a name, which must stay the same in all places. */
  id(value: string): string;
  /** Of a text whose key speaks of a secret, among members that others made up. Default: that of any text. */
  secret?(value: string): string;
}

/** The same JSON with its texts and ids changed, and its structure as it was. */
export function changeTexts(json: string, change: StructureChange): string {
  return JSON.stringify(changed(JSON.parse(json), '', change, false));
}

function changed(value: unknown, at: string, change: StructureChange, isFree: boolean): unknown {
  if (typeof value === 'string') {
    if (isFree) return change.text(value);
    if (WORDS.has(at)) return /\s/.test(value) ? change.text(value) : value;
    return IDS.has(at) ? change.id(value) : change.text(value);
  }
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((one) => changed(one, BY_ID.has(at) ? '' : at, change, isFree));
  if (!isFree && (OURS.has(at) || at === 'state')) return value;
  const isNamed = BY_ID.has(at);
  const changedMember = (key: string, one: unknown, isInFree: boolean) =>
    isFree && change.secret && typeof one === 'string' && secretKindOf(key) !== null
      ? change.secret(one)
      : changed(one, isNamed ? '' : key, change, isInFree);
  const inner = Object.entries(value).map(([key, one]) => [
    changedKey(key, at, change, isFree),
    changedMember(key, one, isFree || (!isNamed && FREE.has(key))),
  ]);
  return Object.fromEntries(inner);
}

function changedKey(key: string, at: string, change: StructureChange, isFree: boolean): string {
  if (isFree) return change.text(key);
  if (BY_ID.has(at)) return change.id(key);
  return /^[A-Za-z]+$/.test(key) ? key : change.text(key);
}
