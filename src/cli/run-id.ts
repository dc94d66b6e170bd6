import { SoarError } from '../errors/soar-error.ts';
import type { Journal } from '../journal/journal.ts';
import { quoted } from '../text/foreign-text.ts';

/** Most ids that a message names. */
const NAMED = 5;

/**
 * The run that an argument means: an id, or the beginning of one that no other has; without an argument the newest. Returns an
 * unknown id as it is.
 *
 * @throws {SoarError} `usage` when several ids begin so, `unknown-run` without an argument where there are no runs.
 */
export function runIdOf(
  given: string | undefined,
  journal: Pick<Journal, 'list' | 'damaged'>,
  stateDir: string,
): string {
  const ids = [...journal.list().map(({ runId }) => runId), ...(journal.damaged?.() ?? [])];
  if (given === undefined) {
    const [newest] = ids;
    if (newest !== undefined) return newest;
    throw new SoarError('unknown-run', `No runs in ${stateDir} yet; --state-dir names another folder.`);
  }
  if (given === '' || ids.includes(given)) return given;
  const matching = ids.filter((id) => id.startsWith(given));
  if (matching.length <= 1) return matching[0] ?? given;
  const named = matching.slice(0, NAMED).map(quoted).join(', ');
  const more = matching.length > NAMED ? ` and ${matching.length - NAMED} more` : '';
  throw new SoarError(
    'usage',
    `${matching.length} runs begin with ${quoted(given)}: ${named}${more}. Give more of the id.`,
  );
}
