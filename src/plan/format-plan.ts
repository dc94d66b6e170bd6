import { stringify } from 'yaml';
import { escapedLines } from '../text/foreign-text.ts';
import type { Plan } from './types.ts';

const KEY_ORDER = [
  'goal',
  'policy',
  'maxConcurrent',
  'staggerMs',
  'schedule',
  'onDependencyFailure',
  'timeoutMs',
  'budget',
  'retries',
  'cache',
  'contextBudgetChars',
  'agents',
  'defaults',
  'fallback',
  'tasks',
] as const satisfies readonly (keyof Plan)[];

/**
 * A plan as a YAML file, for people to read and edit; `parsePlanText` gives the same plan back.
 *
 * @param head Lines that stand above it as comments. Default: none.
 */
export function formatPlanYaml(plan: Plan, head = ''): string {
  const ordered = Object.fromEntries(KEY_ORDER.filter((key) => plan[key] !== undefined).map((key) => [key, plan[key]]));
  const options = { lineWidth: 0, aliasDuplicateObjects: false, indentSeq: true, keepUndefined: false };
  const plain = stringify(ordered, options);
  // Only in double quotes can a hidden character be written as an escape.
  const text =
    escapedLines(plain) === plain
      ? plain
      : escapedLines(stringify(ordered, { ...options, defaultStringType: 'QUOTE_DOUBLE' }));
  const comments = head === '' ? [] : head.split('\n').map((line) => `# ${line}\n`);
  return `${comments.join('')}${text}`;
}
