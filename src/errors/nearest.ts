import { quoted } from '../text/foreign-text.ts';

/** The time to compare two words grows with the product of their lengths. */
const LONGEST_WORD = 200;

/**
 * The candidate a user most likely meant by `word`, or null when none is close. Spellings that differ in case,
 * hyphens and underscores alone count as equal (`fast_fail` is `fastFail`). A word of more than 200 characters is near to none.
 */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  if (word.length > LONGEST_WORD) return null;
  const bare = bareOf(word);
  let best: string | null = null;
  // Of one or two letters nothing is left to recognise once one is changed.
  let least = word.length < 3 ? 1 : Math.floor(word.length / 3) + 1;
  for (const candidate of candidates) {
    if (bare !== '' && bareOf(candidate) === bare) return candidate;
    const far = distance(word.toLowerCase(), candidate.toLowerCase(), least);
    if (far < least) {
      best = candidate;
      least = far;
    }
  }
  return best;
}

/** Words that other tools use for a key, by their letters alone. */
const SYNONYMS: Readonly<Record<string, string>> = Object.freeze({
  ...keysFor('dependsOn', 'dependencies dependency depends deps needs requires after blockedby prerequisites waitfor'),
  ...keysFor(
    'prompt',
    'title description text content instruction instructions task details message body run question',
  ),
  ...keysFor('id', 'name key taskid'),
  ...keysFor('agent', 'assignee owner tool model worker'),
  ...keysFor('timeoutMs', 'timeout timeoutseconds maxtime'),
  ...keysFor('cwd', 'dir directory workdir workingdirectory'),
  ...keysFor('retries', 'retry maxretries attempts'),
  ...keysFor('maxConcurrent', 'concurrency parallel parallelism maxparallel'),
  ...keysFor('onDependencyFailure', 'onfailure continueonerror failfast'),
  ...keysFor('tasks', 'steps jobs todos items'),
  ...keysFor('done', 'completed status'),
  ...keysFor('env', 'environment envvars'),
});

function keysFor(key: string, words: string): Record<string, string> {
  return Object.fromEntries(words.split(' ').map((word) => [word, key]));
}

/** ` Did you mean …?`, or nothing. A word of another tool counts as near where its meaning is among the candidates. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const known = [...candidates];
  const meant = Object.hasOwn(SYNONYMS, bareOf(word)) ? SYNONYMS[bareOf(word)] : undefined;
  const found = meant !== undefined && known.includes(meant) ? meant : nearest(word, known);
  return found === null ? '' : ` Did you mean ${quoted(found)}?`;
}

function bareOf(word: string): string {
  return word.toLowerCase().replace(/[-_\s]/g, '');
}

/** Edits (insert, remove, replace, swap neighbours) from a to b; `limit` when there are that many or more. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    let least = i;
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      row.push(cost);
      least = Math.min(least, cost);
    }
    if (least >= limit) return limit;
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? limit;
}
