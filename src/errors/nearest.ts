import { quoted } from '../text/foreign-text.ts';

/**
 * The candidate a user most likely meant by `word`, or null when none is close. Spellings that differ in case,
 * hyphens and underscores alone count as equal (`fast_fail` is `fastFail`).
 */
export function nearest(word: string, candidates: Iterable<string>): string | null {
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

/** ` Did you mean …?`, or nothing. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const found = nearest(word, candidates);
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
