import { askProgram } from '../process/children.ts';

/** Commits looked at, and how long git may take, milliseconds: only one that hangs meets it, also on a busy machine. */
const MAX_COMMITS = 300;
const MAX_MS = 10_000;
const MAX_BYTES = 8 * 1024 * 1024;
/** Beyond this share of files that are newer than the last commit, they were checked out, not edited. */
const EDITED_SHARE = 0.1;

/**
 * Independent of the user's settings: the first commit has files, too. A repository can name programs that git starts by itself; none is
 * needed to read a log.
 */
const SETTINGS = ['core.quotePath=false', 'core.fsmonitor=false', 'log.showSignature=false', 'log.showRoot=true'];
/** The repository is that of the folder, not that of a hook of git we may have been started by. */
const ITS_OWN = { GIT_DIR: undefined, GIT_WORK_TREE: undefined, GIT_INDEX_FILE: undefined };

/**
 * When files changed, epoch milliseconds, by path relative to `root`: by git's log, and by their own times where they are newer
 * than the last commit; by their times alone where there is no git. Bounded, and never rejects: what cannot be determined is
 * missing.
 *
 * @param modified Times of the files, as the file system has them.
 */
export async function changesOf(
  root: string,
  modified: Promise<ReadonlyMap<string, number>>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const [committed, times] = await Promise.all([committedChanges(root, signal), modified]);
  if (!committed) return times;
  let last = 0;
  for (const at of committed.values()) last = Math.max(last, at);
  const edited = [...times].filter(([, at]) => at > last + 1000);
  return edited.length <= times.size * EDITED_SHARE ? new Map([...committed, ...edited]) : committed;
}

/** The newest commit of each file that the last commits touched; null where git has nothing to say. */
async function committedChanges(root: string, signal: AbortSignal): Promise<Map<string, number> | null> {
  const log = [
    'log',
    `-n${MAX_COMMITS}`,
    '--no-merges',
    '--no-renames',
    '--relative',
    '--name-only',
    '--format=%x00%ct',
  ];
  const settings = SETTINGS.flatMap((setting) => ['-c', setting]);
  const { stdout, failed } = await askProgram({
    argv: ['git', ...settings, ...log, '--', '.'],
    cwd: root,
    env: { GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0', ...ITS_OWN },
    timeoutMs: MAX_MS,
    maxBytes: MAX_BYTES,
    signal,
  });
  if (failed) return null;
  const changes = new Map<string, number>();
  for (const commit of stdout.split('\0')) {
    const [seconds, ...paths] = commit.split('\n');
    const at = Number(seconds) * 1000;
    for (const path of paths) if (path !== '' && at > 0 && at > (changes.get(path) ?? 0)) changes.set(path, at);
  }
  return changes.size === 0 ? null : changes;
}
