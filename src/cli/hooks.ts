import { askProgram } from '../node/process/children.ts';
import { oneLine } from '../text/foreign-text.ts';
import { clip } from './text-width.ts';

/** Commands of the configuration that run when a run ends, or waits for a person. */
export interface Hooks {
  onSettled?: readonly string[];
  onWaiting?: readonly string[];
}

/** Longest time a hook may take, milliseconds. */
const HOOK_MS = 30_000;
const REASON_COLUMNS = 200;

/**
 * Runs a hook with JSON on its stdin. Never rejects: a hook that fails is reported and harms no run.
 *
 * @param warn Receives a sentence about a failed hook.
 */
export async function runHook(
  name: keyof Hooks,
  command: readonly string[] | undefined,
  json: string,
  runId: string,
  warn: (message: string) => void,
): Promise<void> {
  const [program, ...args] = command ?? [];
  if (program === undefined) return;
  const env = { SOAR_RUN_ID: runId, SOAR_HOOK: name };
  const { failed, timedOut, exitCode, stderr } = await askProgram({
    argv: [program, ...args],
    env,
    timeoutMs: HOOK_MS,
    input: `${json}\n`,
  });
  if (!failed) return;
  const how = timedOut
    ? `took longer than ${HOOK_MS / 1000} s`
    : exitCode === null
      ? 'could not be run'
      : `exited with code ${exitCode}`;
  const said = oneLine(stderr.trim());
  warn(`The hook ${name} ${how}${said === '' ? '' : `: ${clip(said, REASON_COLUMNS)}`}.`);
}
