import { didYouMean } from '../errors/nearest.ts';
import { PRESET_NAMES } from '../policy/policy.schema.ts';
import type { PresetName } from '../policy/policy.ts';
import { quoted } from '../text/foreign-text.ts';
import type { OnDependencyFailure, TaskSpec } from './types.ts';

/** Settings from the lines under a task; dependencies are still as they were written. */
export interface MarkdownSettings {
  agent?: string;
  dependsOn?: string[];
  critical?: boolean;
  timeoutMs?: number;
  retries?: number;
  fallback?: string | false;
  policy?: PresetName;
  onDependencyFailure?: OnDependencyFailure;
}

/** The value of a setting as fields of a task; a sentence where it cannot be read. */
type Reader = (value: string) => Partial<MarkdownSettings> | string;

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000 };

const READERS: Readonly<Record<string, Reader>> = {
  agent: (value) => {
    const agent = value.replace(/^@/, '').trim();
    if (agent === '') return 'Expected the id of an agent, e.g. `- Agent: @claude`.';
    if (/\s/.test(agent)) return 'Expected the id of one agent, e.g. `- Agent: @claude`.';
    return agent === 'self' ? {} : { agent };
  },
  depends: (value) => {
    if (/^(?:none|-|–|—|)$/i.test(value)) return {};
    const ids = value.split(/[,;]/).map((id) =>
      id
        .replace(/[*_`~]{1,4}/g, '')
        .trim()
        .replace(/^#/, ''),
    );
    if (ids.some((id) => id === '' || /\s/.test(id)))
      return 'Expected ids with commas between, e.g. `- Depends: 1, 2.1`.';
    return { dependsOn: ids };
  },
  critical: (value) => {
    if (/^(?:yes|true)$/i.test(value)) return { critical: true };
    if (/^(?:no|false)$/i.test(value)) return {};
    return 'Expected yes or no.';
  },
  ondependencyfailure: (value) => {
    const rule = value.toLowerCase();
    if (rule === 'proceed' || rule === 'skip' || rule === 'abort') return { onDependencyFailure: rule };
    return 'Expected proceed, skip or abort.';
  },
  timeout: (value) => {
    const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(value) ?? [];
    const factor = UNITS[unit.toLowerCase()];
    const timeoutMs = Math.round(Number(amount) * (factor ?? Number.NaN));
    return timeoutMs > 0 ? { timeoutMs } : 'Expected a time with its unit: 500ms, 60s, 5m or 1h.';
  },
  retries: (value) => (/^\d{1,6}$/.test(value) ? { retries: Number(value) } : 'Expected a whole number, e.g. 2.'),
  fallback: (value) => {
    const agent = value.replace(/^@/, '').trim();
    if (/^(?:none|no|false|-|–|—)$/i.test(agent)) return { fallback: false };
    return agent === '' || /\s/.test(agent) ? 'Expected the id of an agent, or none.' : { fallback: agent };
  },
  policy: (value) => {
    const policy = PRESET_NAMES.find((name) => name.toLowerCase() === value.toLowerCase());
    return policy === undefined ? `Expected one of ${PRESET_NAMES.join(', ')}.` : { policy };
  },
};

const NAMES: Readonly<Record<string, string>> = {
  dependson: 'depends',
  'depends on': 'depends',
  'depends-on': 'depends',
  'on dependency failure': 'ondependencyfailure',
  'on-dependency-failure': 'ondependencyfailure',
};

/** Words of other lists for `Depends`; refused with a hint, since what follows them may have a form of its own. */
const ORDER_WORDS: ReadonlySet<string> = new Set([
  ...['dependencies', 'dependency', 'deps', 'depends_on', 'requires', 'needs', 'after'],
  ...['prerequisites', 'prerequisite', 'blocked by', 'blocked_by', 'blocked-by', 'blockedby'],
]);

/** Whether a key states an order, in the words of this list format or of another. */
export function isOrderWord(key: string): boolean {
  return settingName(key) === 'depends' || ORDER_WORDS.has(key.toLowerCase());
}

/** Keys of a task in other plan files that are no words of a language; in a list they are refused. */
const PLAN_KEYS: ReadonlySet<string> = new Set(['timeoutms', 'contextbudgetchars', 'cwd', 'env']);

/** A value has fewer words; a sentence behind a key is text. */
const SENTENCE = /^\s*(?:\S+\s+){3}\S/;

/**
 * Whether a line without a bullet is a setting: one that states an order always is, others by their key alone, so that a wrong value is a
 * fault and not text for the agent.
 */
export function isSetting(key: string, value: string): boolean {
  if (isOrderWord(key)) return true;
  return (settingName(key) !== null || PLAN_KEYS.has(key.toLowerCase())) && !SENTENCE.test(value);
}

/** Whether a setting can be read: below no task, prose such as `Timeout: see above` is ignored as all prose is. */
export function isReadable(key: string, value: string): boolean {
  if (isOrderWord(key)) return true;
  const name = settingName(key);
  return name !== null && typeof READERS[name]?.(value.trim()) !== 'string';
}

export const SETTING_NAMES = [
  'Agent',
  'Depends',
  'Critical',
  'Timeout',
  'Retries',
  'Fallback',
  'Policy',
  'OnDependencyFailure',
] as const;

/** The reader's name for a key as it is written, or null for one that is not known. */
export function settingName(key: string): string | null {
  const name = key.toLowerCase();
  const known = NAMES[name] ?? name;
  return Object.hasOwn(READERS, known) ? known : null;
}

/**
 * Adds one setting; the fault, as a sentence, when it cannot.
 *
 * @param isBare It stands on a line without a bullet, and may be text.
 */
export function applySetting(settings: MarkdownSettings, key: string, value: string, isBare = false): string | null {
  const name = settingName(key);
  if (name === null) {
    const hint = isOrderWord(key) ? ' Did you mean `Depends`?' : didYouMean(key, SETTING_NAMES);
    return `Unknown setting ${quoted(key)}; known are ${SETTING_NAMES.join(', ')}.${hint}`;
  }
  const read = READERS[name]?.(value.trim());
  if (typeof read === 'string') {
    const said = quoted(`${key}: ${value.trim()}`);
    return `${said} cannot be read. ${read}${isBare ? ' If it is text for the agent, begin the line with another word.' : ''}`;
  }
  if (read?.dependsOn) {
    settings.dependsOn ??= [];
    for (const id of read.dependsOn) settings.dependsOn.push(id);
  } else Object.assign(settings, read);
  return null;
}

/** The task's fields that the settings stand for. */
export function fieldsOf({ dependsOn: _, ...fields }: MarkdownSettings): Partial<TaskSpec> {
  return fields;
}
