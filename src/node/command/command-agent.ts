import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { systemClock } from '../../base/clock.ts';
import { AgentError } from '../../errors/agent-error.ts';
import { createPatternScanner } from '../../errors/classify.ts';
import { keysOf, requireKnownKeys } from '../../errors/known-keys.ts';
import { isShortage } from '../../errors/machine-trouble.ts';
import { type Issue, SoarError } from '../../errors/soar-error.ts';
import { learnSecrets } from '../../text/mask/learned.ts';
import type { Agent, AgentAnswer, AgentControls, AgentRequest } from '../../types/agent.ts';
import type { ErrorKind } from '../../types/error-kind.ts';
import { BoundedBytes } from '../files/bounded-bytes.ts';
import { type ProcessEnd, runProcess } from '../process/run-process.ts';
import type { CommandAgentOptions, ProcessResult } from './command-options.ts';
import type { OutputReader } from './output-reader.ts';
import { processFailure, startFailure, vanishedProgram } from './process-failure.ts';
import { processVersion } from './process-version.ts';
import { withPrompt } from './prompt-argument.ts';
import { isPromptCode, PLACEHOLDER, type PromptMode } from './prompt-code.ts';

export const DEFAULT_MAX_OUTPUT_BYTES = 1024 * 1024;
const STDERR_BYTES = 64 * 1024;

/** Kinds a line on stderr may raise suspicion of, while the process still runs. */
const SUSPECT: ReadonlySet<ErrorKind> = new Set([
  'rate_limited',
  'auth',
  'forbidden',
  'invalid_model',
  'connection',
  'inference',
]);

/** Such a tool mends these by itself, and says so in its events. */
const MENDED: ReadonlySet<ErrorKind> = new Set(['connection', 'inference']);
export const COMMAND_OPTIONS = keysOf<CommandAgentOptions>({
  ...{ kind: true, command: true, prompt: true, promptIsCode: true, env: true, cwd: true, maxOutputBytes: true },
  ...{ description: true, capabilities: true, provider: true, staggerMs: true, maxConcurrent: true },
  ...{ requireOutput: true, parse: true, reader: true },
});

/**
 * An agent that runs a program: one process per attempt, in a group of its own, started without a shell.
 *
 * The prompt goes to stdin (default), or replaces `{{prompt}}` inside arguments (`prompt: 'argument'`, which is also
 * meant when `prompt` is left out and an argument says `{{prompt}}`; appended when none does). In `bash -c {{prompt}}`
 * and the like the prompt is code (`promptIsCode`): it is then the task's own text, and what its dependencies produced goes to
 * stdin, unless the code itself comes from there.
 * The answer is stdout without its last newline. A program that does not read its input is judged by its exit code alone.
 *
 * Fails with kind `spawn` (no such program or directory; not retried), `invalid_request` (prompt too long for an
 * argument), the kind its stderr speaks of when it exits with a code other than 0, else `exit`; `cancelled` when asked
 * to stop. Output until then is kept in the error. Pipes are sockets, as everywhere in Node: a script should write
 * `>&2`, not `> /dev/stderr`.
 *
 * @throws SoarError `invalid-options` at the call for an empty command or a bad `maxOutputBytes`.
 * @example
 * const upper = commandAgent({ command: ['tr', 'a-z', 'A-Z'] });
 */
export function commandAgent(options: CommandAgentOptions): Agent {
  requireKnownKeys('commandAgent', options, COMMAND_OPTIONS);
  const command = checkedCommand(options);
  learnSecrets(options.env);
  return {
    kind: options.kind ?? 'command',
    description: options.description,
    capabilities: options.capabilities,
    provider: options.provider,
    staggerMs: options.staggerMs,
    maxConcurrent: options.maxConcurrent,
    requireOutput: options.requireOutput,
    killsItself: true,
    promptIsCode: options.promptIsCode ?? isPromptCode(command, promptMode(options)),
    version: processVersion(options),
    run: (request, controls) => runCommand(command, options, request, controls),
  };
}

async function runCommand(
  command: readonly [string, ...string[]],
  options: CommandAgentOptions,
  request: AgentRequest,
  controls: AgentControls,
): Promise<AgentAnswer> {
  const cwd = resolve(request.cwd ?? options.cwd ?? '.');
  await requireDirectory(cwd, request.cwd === undefined ? 'agent' : 'task');
  if (controls.signal.aborted) throw new AgentError('cancelled', abortReason(controls.signal));

  learnSecrets(request.env);
  const env = { ...options.env, ...request.env, ...attemptEnv(request) };
  const mode = promptMode(options);
  const { argv, input } =
    mode === 'argument'
      ? withPrompt(command, request, options.promptIsCode)
      : { argv: command, input: mode === 'stdin' ? stdinOf(command, options, request) : null };
  const stdout = new BoundedBytes({ maxBytes: options.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES, head: 'half' });
  const stderr = new BoundedBytes({ maxBytes: STDERR_BYTES, head: 'none' });
  const reader = options.parse ? undefined : options.reader?.(controls);
  const heard = listener(controls, reader);

  let end: ProcessEnd;
  try {
    end = await runProcess({
      argv,
      cwd,
      env,
      input,
      key: request.key,
      signal: controls.signal,
      killGraceMs: controls.killGraceMs,
      onStdout(chunk) {
        stdout.push(chunk);
        heard.stdout(chunk);
      },
      onStderr(chunk) {
        stderr.push(chunk);
        heard.stderr(chunk);
      },
    });
  } catch (cause) {
    const argumentBytes = argv.reduce((sum, one) => sum + Buffer.byteLength(one), 0);
    throw await startFailure({ program: command[0], cwd, env: { ...process.env, ...env }, argumentBytes, cause });
  }
  heard.end();

  const text = stdout.text((bytes) => `\n[… ${bytes} bytes cut …]\n`);
  const output = text.replace(/\r?\n$/, '');
  const { truncated } = stdout;
  const { exitCode, exitSignal } = end;
  if (exitCode !== 0 && exitCode !== null && text === '' && !end.aborted) {
    const vanished = await vanishedProgram({ program: command[0], cwd, env: { ...process.env, ...env } });
    if (vanished) throw vanished;
  }
  if (reader) {
    const aborted = end.aborted ? abortReason(controls.signal) : null;
    const left = { stdout: text, plain: output, truncated, stderr: stderr.text(), exitCode, exitSignal, aborted };
    return reader.finish({ ...left, now: systemClock.now() });
  }
  if (end.aborted) throw new AgentError('cancelled', abortReason(controls.signal), { output, truncated });
  const result = { stdout: text, stderr: stderr.text(), exitCode: end.exitCode ?? 1 };
  if (end.exitCode === 0) return answer(options, result, { output, truncated });
  if (end.exitCode !== null) throwParsed(options, result);
  const source = options.kind === 'cli' ? 'tool' : 'command';
  throw processFailure({ ...result, exitCode, exitSignal, output, truncated, source, now: systemClock.now() });
}

function answer(
  { parse }: CommandAgentOptions,
  result: ProcessResult,
  plain: { output: string; truncated: boolean },
): AgentAnswer {
  if (!parse) return plain;
  const parsed = parse(result);
  const full = typeof parsed === 'string' ? { output: parsed } : parsed;
  return { ...full, truncated: full.truncated ?? plain.truncated };
}

function throwParsed({ parse }: CommandAgentOptions, result: ProcessResult): void {
  try {
    parse?.(result);
  } catch (error) {
    // Anything else means that the parser could make nothing of a failed process's output: stderr says more.
    if (AgentError.isInstance(error)) throw error;
  }
}

/** Passes text on as it arrives; a character split over two chunks arrives whole. */
function listener(controls: AgentControls, reader: OutputReader | undefined) {
  const decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') };
  const scanner = createPatternScanner();
  const emit = (text: string, stream: 'stdout' | 'stderr') => {
    if (text === '') return controls.heartbeat();
    if (stream === 'stdout' && reader) return reader.stdout(text);
    controls.output(text, stream);
    if (stream === 'stdout') return;
    const match = scanner.push(text);
    const isSuspect = match && SUSPECT.has(match.kind) && !(reader && MENDED.has(match.kind));
    if (isSuspect) controls.suspect({ kind: match.kind, reason: match.line });
  };
  return {
    stdout: (chunk: Buffer) => emit(decoders.stdout.write(chunk), 'stdout'),
    stderr: (chunk: Buffer) => emit(decoders.stderr.write(chunk), 'stderr'),
    end() {
      for (const stream of ['stdout', 'stderr'] as const) {
        const rest = decoders[stream].end();
        if (rest === '') continue;
        if (stream === 'stdout' && reader) reader.stdout(rest);
        else controls.output(rest, stream);
      }
    },
  };
}

/** An answer of another task would be run with code that comes on stdin, so that is the task's own text alone. */
function stdinOf(
  command: readonly string[],
  { promptIsCode = isPromptCode(command, 'stdin') }: CommandAgentOptions,
  { prompt, question }: AgentRequest,
): string {
  return promptIsCode ? question : prompt;
}

function promptMode({ prompt, command }: CommandAgentOptions): PromptMode {
  return prompt ?? (command.some((one) => one.includes(PLACEHOLDER)) ? 'argument' : 'stdin');
}

function attemptEnv(request: AgentRequest): Record<string, string> {
  return {
    SOAR_RUN_ID: request.runId,
    SOAR_TASK_ID: request.taskId,
    SOAR_ATTEMPT: String(request.attempt),
    SOAR_ATTEMPT_KEY: request.key,
  };
}

/** @param fault Whose folder it is. */
async function requireDirectory(cwd: string, fault: 'agent' | 'task'): Promise<void> {
  const found = await stat(cwd).catch((error: NodeJS.ErrnoException) => error);
  if (!(found instanceof Error) && found.isDirectory()) return;
  if (isShortage(found))
    throw new AgentError('spawn', `The working directory \`${cwd}\` cannot be read`, { cause: found });
  const isMissing = found instanceof Error && (found.code === 'ENOENT' || found.code === 'ENOTDIR');
  const what = !(found instanceof Error)
    ? 'is not a directory'
    : isMissing
      ? 'does not exist'
      : `cannot be read (${found.code}); check its permissions`;
  throw new AgentError('spawn', `The working directory \`${cwd}\` ${what}`, { retryable: false, fault });
}

function abortReason({ reason }: AbortSignal): string {
  if (reason instanceof Error) return reason.message;
  return reason === undefined ? 'Cancelled' : String(reason);
}

function checkedCommand({ command, maxOutputBytes }: CommandAgentOptions): readonly [string, ...string[]] {
  const issues: Issue[] = [];
  const [program, ...args] = Array.isArray(command) ? (command as readonly string[]) : [];
  if (!program || ![program, ...args].every((one) => typeof one === 'string')) {
    issues.push({ path: 'command', message: 'Expected `command` to be an array of strings, the program first' });
  }
  if (maxOutputBytes !== undefined && !(Number.isInteger(maxOutputBytes) && maxOutputBytes > 0)) {
    const message = `Expected \`maxOutputBytes\` to be a positive integer, got \`${maxOutputBytes}\` (${typeof maxOutputBytes})`;
    issues.push({ path: 'maxOutputBytes', message });
  }
  if (!program || issues.length > 0) {
    throw new SoarError('invalid-options', `A command agent cannot be made: ${issues[0]?.message}`, { issues });
  }
  return [program, ...args];
}
