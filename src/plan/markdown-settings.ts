import { didYouMean } from '../errors/nearest.ts';
import { quoted } from '../text/foreign-text.ts';
import type { OnDependencyFailure, TaskSpec } from './types.ts';

/** Settings from the lines under a task; dependencies are still as they were written. */
export interface MarkdownSettings {
  agent?: string;
  dependsOn?: string[];
  critical?: boolean;
  timeoutMs?: number;
  onDependencyFailure?: OnDependencyFailure;
}

type Reader = (value: string) => Partial<MarkdownSettings> | string;

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000 };

const READERS: Readonly<Record<string, Reader>> = {
  agent: (value) => {
    const agent = value.replace(/^@/, '').trim();
    if (agent === '') return 'Expected the id of an agent, e.g. `- Agent: @claude`.';
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

/** Whether a line without a bullet is a setting: one that states an order always is, others when their value can be read. */
export function isSetting(key: string, value: string): boolean {
  const name = settingName(key);
  if (isOrderWord(key)) return true;
  if (name === null || (name === 'agent' && /\s/.test(value.trim()))) return false;
  return typeof READERS[name]?.(value.trim()) !== 'string';
}

export const SETTING_NAMES = ['Agent', 'Depends', 'Critical', 'Timeout', 'OnDependencyFailure'] as const;

/** The reader's name for a key as it is written, or null for one that is not known. */
export function settingName(key: string): string | null {
  const name = key.toLowerCase();
  const known = NAMES[name] ?? name;
  return Object.hasOwn(READERS, known) ? known : null;
}

/** Adds one setting; the fault, as a sentence, when it cannot. */
export function applySetting(settings: MarkdownSettings, key: string, value: string): string | null {
  const name = settingName(key);
  if (name === null) {
    const hint = isOrderWord(key) ? ' Did you mean `Depends`?' : didYouMean(key, SETTING_NAMES);
    return `Unknown setting ${quoted(key)}; known are ${SETTING_NAMES.join(', ')}.${hint}`;
  }
  const read = READERS[name]?.(value.trim());
  if (typeof read === 'string') return `${quoted(`${key}: ${value.trim()}`)} cannot be read. ${read}`;
  if (read?.dependsOn) {
    settings.dependsOn ??= [];
    for (const id of read.dependsOn) settings.dependsOn.push(id);
  } else Object.assign(settings, read);
  return null;
}

/** The task's fields that the settings stand for. */
export function fieldsOf({ agent, critical, timeoutMs, onDependencyFailure }: MarkdownSettings): Partial<TaskSpec> {
  return {
    ...(agent === undefined ? {} : { agent }),
    ...(critical === undefined ? {} : { critical }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(onDependencyFailure === undefined ? {} : { onDependencyFailure }),
  };
}
