import { type Command, Option } from 'commander';
import { SoarError } from '../errors/soar-error.ts';
import type { Journal } from '../journal/journal.ts';
import { quoted } from '../text/foreign-text.ts';
import { shellLine } from './format.ts';

export interface StateFlags {
  /** Folder of the journal. Default: `SOAR_STATE_DIR`, else `.soar`. */
  stateDir?: string;
  /** `false`: nothing is recorded. */
  journal?: boolean;
}

/** The flag of every command that looks into the journal. */
export function addStateFlag(command: Command): Command {
  return command.addOption(new Option('--state-dir <dir>', 'where runs are recorded (SOAR_STATE_DIR, else .soar)'));
}

function stateDir({ stateDir: given }: StateFlags): { dir?: string } {
  const dir = given ?? (process.env.SOAR_STATE_DIR || undefined);
  return dir === undefined ? {} : { dir };
}

/** The journal a run is recorded in; null with `--no-journal`. Throws `io`, and says how to do without. */
export async function openJournal(flags: StateFlags): Promise<Journal | null> {
  if (flags.journal === false) return null;
  const { sqliteJournal } = await import('../node/store/sqlite-journal.ts');
  try {
    return sqliteJournal(stateDir(flags));
  } catch (error) {
    if (!SoarError.isInstance(error)) throw error;
    const hint = '--state-dir names another folder, --no-journal does without.';
    throw new SoarError(error.code, `${error.message} ${hint}`, { cause: error });
  }
}

/** The journal there is, for reading; null when nothing was ever recorded here. */
export async function findJournal(flags: StateFlags): Promise<Journal | null> {
  const { existingJournal } = await import('../node/store/sqlite-journal.ts');
  return existingJournal(stateDir(flags));
}

/** Where runs are recorded, for messages. */
export function stateDirOf(flags: StateFlags): string {
  return stateDir(flags).dir ?? '.soar';
}

/** The same for a command about one run. Throws `unknown-run` where nothing was ever recorded. */
export async function requireJournal(flags: StateFlags, runId: string | undefined): Promise<Journal> {
  const journal = await findJournal(flags);
  if (journal) return journal;
  if (runId === undefined) {
    throw new SoarError('unknown-run', `No runs in ${stateDirOf(flags)} yet; --state-dir names another folder.`);
  }
  throw new SoarError(
    'unknown-run',
    `There is no run ${quoted(runId)}: nothing is recorded in ${stateDirOf(flags)}. --state-dir names another folder.`,
  );
}

/** Commands that show everything of a recorded run: as JSON, and in the browser. */
export function showLines(runId: string, { stateDir, cwd }: StateFlags & { cwd?: string }): string {
  const named = [
    ...(stateDir === undefined ? [] : ['--state-dir', stateDir]),
    ...(cwd === undefined ? [] : ['--cwd', cwd]),
  ];
  const show = shellLine(['soar', 'show', runId, '--json', ...named]);
  return `${show} · in the browser: ${shellLine(['soar', 'view', runId, ...named])}`;
}

/** The command that resumes a run. */
export function resumeLine(runId: string, flags: StateFlags & { cwd?: string; config?: string }): string {
  const named = [
    ...(flags.stateDir === undefined ? [] : ['--state-dir', flags.stateDir]),
    ...(flags.config === undefined ? [] : ['--config', flags.config]),
    ...(flags.cwd === undefined ? [] : ['--cwd', flags.cwd]),
  ];
  return shellLine(['soar', 'resume', runId, ...named]);
}
