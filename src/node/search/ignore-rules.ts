import ignore, { type Ignore } from 'ignore';
import { withoutEnd } from '../../text/without-end.ts';

/** Wildcards of one rule that are tried. With each more, a hostile name takes as many times longer as it has characters. */
const MOST_WILDCARDS = 2;
/** Rules of one file that are used; each file that is found is tried with all of them. */
const MOST_RULES = 2000;

/**
 * The rules of a `.gitignore` file, which a stranger may have written. A rule of more than two wildcards ignores more than it says:
 * what stands between the first and the last of them may be anything. One that takes back what others ignore is left out then.
 */
export function ignoreRules(text: string): Ignore {
  const rules = text.split(/\r\n|\n|\r/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return ignore().add(rules.slice(0, MOST_RULES).flatMap(bounded));
}

function bounded(rule: string): string[] {
  const wildcards = [...rule.matchAll(/\*+/g)];
  const [first] = wildcards;
  const last = wildcards.at(-1);
  if (!first || !last || wildcards.length <= MOST_WILDCARDS) return [rule];
  if (rule.startsWith('!')) return [];
  const before = withoutEnd(rule.slice(0, first.index), (character) => character === '\\');
  const after = rule.slice(last.index + last[0].length);
  const isOneName =
    !rule.slice(first.index, last.index + last[0].length).includes('/') && last[0] === '*' && first[0] === '*';
  return [isOneName ? `${before}*${after}` : `${before.slice(0, before.lastIndexOf('/') + 1)}**/*${after}`];
}
