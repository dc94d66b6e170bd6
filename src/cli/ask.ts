import { systemClock } from '../base/clock.ts';
import { SoarError } from '../errors/soar-error.ts';
import { loadConfig } from '../node/config/config.ts';
import { createSoar } from '../node/create-soar.ts';
import { terminalApproval } from './approval.ts';
import { coolingNotes } from './cooling-notes.ts';
import { enter, readInput, requireFiles } from './files.ts';
import type { RunFlags } from './flags.ts';
import { followRun } from './follow-run.ts';
import { requireAnyInstalled } from './installed-agents.ts';
import { requireKeys } from './model-keys.ts';
import { paintFor } from './paint.ts';
import { resolveAsk } from './resolve-run.ts';
import { openJournal } from './state.ts';
import { answerOf, tableOf } from './summary.ts';
import { toolChoice } from './tool-agent.ts';
import { openWatchers } from './watchers.ts';

export const OFFLINE_NOTE =
  'No agent is configured: searching the files here, without a model (--tool, SOAR_TOOL or soar.config name one).';

/** `soar ask <query>`: all six phases. Returns the exit code. */
export async function askCommand(words: readonly string[], flags: RunFlags): Promise<number> {
  const approval = flags.approve ? terminalApproval() : undefined;
  enter(flags.cwd);
  const query = await queryOf(words);
  await requireFiles(flags.context ?? []);
  const config = await loadConfig({ path: flags.config, cwd: process.cwd() });
  const { options, run, specs, isOffline } = resolveAsk(config, flags, toolChoice(flags, process.env));
  const ids = Object.keys(options.agents ?? {});
  requireKeys(specs, ids);
  await requireAnyInstalled(specs, ids);
  const watchers = await openWatchers(flags);
  const journal = await openJournal(flags);
  const soar = createSoar({
    ...options,
    ...watchers.options,
    ...(journal ? { journal } : {}),
  });
  const paint = paintFor(process.stdout);
  return followRun({
    soar,
    journal,
    start: () => soar.ask(query, { ...run, ...(approval ? { approve: true } : {}) }),
    flags,
    watchers,
    hooks: config,
    ...(approval ? { approval } : {}),
    notes: isOffline ? [OFFLINE_NOTE] : coolingNotes(journal, options.agents ?? {}, systemClock.now(), options),
    summary: (result, width) => [...tableOf(result, width, paint), ...answerOf(result, paint)],
  });
}

/** The question, from the arguments or, for `-`, from stdin. Throws `usage` when it is missing. */
export async function queryOf(words: readonly string[]): Promise<string> {
  const query = (
    words.length === 1 && words[0] === '-' ? await readInput('-', 'the question') : words.join(' ')
  ).trim();
  if (query === '') throw new SoarError('usage', 'The question is empty.');
  return query;
}
