import type { StoredPace } from '../run/entries.ts';

/**
 * Stored state of a provider, merged with that of another writer: two processes may ask it at once, and one that has met no
 * rate limit must not undo what the other knows of a later one. A record of a clock that ran ahead counts for
 * nothing.
 */
export function mergedPace(stored: StoredPace | undefined, said: StoredPace): StoredPace {
  if (!stored || stored.cooledAt === null || stored.cooledAt > said.at) return said;
  if (said.cooledAt !== null && said.cooledAt >= stored.cooledAt) return said;
  return { ...stored, lastStart: said.lastStart, at: said.at };
}
