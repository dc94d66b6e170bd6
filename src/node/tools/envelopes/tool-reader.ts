import { AgentError, type AgentErrorOptions } from '../../../errors/agent-error.ts';
import { usageSince } from '../../../policy/usage.ts';
import type { AgentAnswer, AgentControls, PreviousAttempt } from '../../../types/agent.ts';
import type { ErrorKind } from '../../../types/error-kind.ts';
import type { Usage } from '../../../types/usage.ts';
import type { OutputReader, ProcessLeft } from '../../command/output-reader.ts';
import { processFailure } from '../../command/process-failure.ts';
import { BoundedBytes } from '../../files/bounded-bytes.ts';
import { isLimitAlone } from './failure.ts';
import { createJsonLines, eventsOf, type JsonEvent, type JsonLines, MAX_LINE_CHARS } from './json-lines.ts';
import { SpokenText } from './spoken-text.ts';
import { isCut } from './string-cutter.ts';
import type { Failure, ToolEvent, ToolFormat } from './tool-event.ts';

type Answer = Exclude<AgentAnswer, string>;
type Statement = { answer: Answer } | { failure: Failure; produced: AgentErrorOptions };

const NOISE_BYTES = 64 * 1024;
/** Room for the mark of a cut, bytes. */
const MARK_BYTES = 64;
/** A string that is longer cannot be made. */
const LONGEST_LINE_CHARS = 256 * 1024 * 1024;

export interface ToolReaderOptions {
  /** How the tool is called, for messages. */
  program: string;
  controls: Pick<AgentControls, 'conclude' | 'heartbeat' | 'output' | 'progress' | 'session'>;
  maxOutputBytes: number;
  /** The session that it continues with, and what was used in it before. Default: it begins one. */
  previous?: Pick<PreviousAttempt, 'session' | 'usage'> | undefined;
}

/**
 * Reads what a tool prints while it prints it: text goes out as output, work as progress, everything else is a sign of life. At
 * the end it makes the answer, or the error.
 *
 * The tool's own events decide, however its process ends: a failure is one also with exit code 0, an answer also with
 * another code, a signal, or a process that has to be stopped. Of several statements the last counts. Only a process that failed
 * without any is judged by its code and its stderr. A tool that printed no event at all, as an old version does that does not know
 * the flag, is taken by its plain text.
 */
export function createToolReader(format: ToolFormat, options: ToolReaderOptions): OutputReader {
  const reader = new ToolReader(format, options);
  return { stdout: (piece) => reader.push(piece), finish: (left) => reader.finish(left) };
}

class ToolReader {
  readonly #format: ToolFormat;
  readonly #options: ToolReaderOptions;
  readonly #eventsOf: (event: JsonEvent) => ToolEvent[];
  readonly #lines: JsonLines;
  readonly #spoken: SpokenText;
  /** Lines that are not events. */
  readonly #noise = new BoundedBytes({ maxBytes: NOISE_BYTES, head: 'none' });
  /** Whether an event of the tool's own format came. */
  #seen = false;
  #session = '';
  #data: unknown;
  #usage: Usage | null = null;
  /** When a limit that was hit ends, epoch milliseconds. */
  #limitAt: number | null = null;
  /** A failure that counts unless an answer follows. */
  #complaint: Failure | null = null;
  /** The last statement of the end: the answer as it was then, or the failure. */
  #stated: Statement | null = null;
  /**
   * Whether it gave a sign of life since the last statement or work. The first one earns a tool that has stated its end more time, as a
   * turn may begin with it; heartbeats for ever do not.
   */
  #hasStirred = false;

  constructor(format: ToolFormat, options: ToolReaderOptions) {
    const { maxOutputBytes, controls } = options;
    this.#format = format;
    this.#options = options;
    this.#eventsOf = format.reader();
    this.#spoken = new SpokenText(maxOutputBytes);
    this.#lines = createJsonLines({
      types: format.types,
      maxLineChars: Math.min(LONGEST_LINE_CHARS, Math.max(MAX_LINE_CHARS, 4 * maxOutputBytes)),
      maxStringChars: Math.max(0, maxOutputBytes - MARK_BYTES),
      onEvent: (event) => this.#onEvent(event),
      onText: (line) => {
        this.#noise.push(Buffer.from(`${line}\n`));
        controls.heartbeat();
      },
    });
  }

  push(piece: string): void {
    this.#lines.push(piece);
  }

  /** The answer, once the process is over. Throws the failure. */
  finish(left: ProcessLeft): AgentAnswer {
    const { damaged, skipped } = this.#lines.end();
    if (!this.#stated && !this.#complaint) this.#lookElsewhere(left);
    const { exitCode, exitSignal, aborted } = left;
    // Text after the last statement belongs to the answer only when the tool left by itself.
    if (this.#stated && 'answer' in this.#stated && exitCode === 0 && aborted === null) return this.#whole();
    if (this.#stated) return this.#statement(exitCode);
    const produced: AgentErrorOptions = { ...this.#spoken.text, ...this.#used() };
    if (aborted !== null) throw new AgentError('cancelled', aborted, produced);
    if (this.#complaint && exitSignal === null)
      throw failed(told(this.#complaint, this.#format, exitCode), this.#limitAt, produced);
    if (exitCode !== 0) throw this.#processFailure(left, produced);
    const { program, maxOutputBytes } = this.#options;
    if (skipped) throw new AgentError('output_limit', tooLong(program, maxOutputBytes), produced);
    if (!this.#seen) return { output: left.plain, truncated: left.truncated, ...this.#used() };
    if (!this.#format.hasEnd && !damaged) return { ...this.#spoken.text, ...this.#used() };
    const message = `The output of \`${program}\` broke off: it exited with code 0 and never said that it had finished`;
    throw new AgentError('transient', message, produced);
  }

  #onEvent(event: JsonEvent): void {
    // An object of another kind, such as a line of some log, says nothing about the tool's format.
    const isOwn = typeof event.type === 'string' && this.#format.types.has(event.type);
    if (isOwn) this.#seen = true;
    const before = this.#stated;
    const events = this.#eventsOf(event);
    for (const one of events) this.#take(one);
    if (this.#stated === null) return;
    const works = this.#stated !== before || events.some(isWork);
    if (works || (isOwn && !this.#hasStirred)) this.#options.controls.conclude(() => this.#statement(0));
    this.#hasStirred = !works && (isOwn || this.#hasStirred);
  }

  #take(event: ToolEvent): void {
    const { controls } = this.#options;
    switch (event.type) {
      case 'session':
        if (event.id !== this.#session) controls.session(event.id);
        this.#session = event.id;
        break;
      case 'text':
        this.#complaint = null;
        for (const piece of this.#spoken.add(event.text)) controls.output(piece);
        break;
      case 'work':
        this.#spoken.work();
        if (event.message === undefined) controls.heartbeat();
        else controls.progress({ message: event.message });
        break;
      case 'beat':
        controls.heartbeat();
        break;
      case 'answer':
        this.#spoken.answer(event.text, event.isSpare === true);
        break;
      case 'data':
        this.#data = event.value;
        break;
      case 'usage':
        this.#usage = event.add && this.#usage ? sum(this.#usage, event.usage) : event.usage;
        break;
      case 'limit':
        this.#limitAt = event.retryAt;
        controls.heartbeat();
        break;
      case 'failure':
        if (event.isFinal)
          this.#stated = { failure: event.failure, produced: { ...this.#spoken.text, ...this.#used() } };
        else this.#complaint = event.failure;
        controls.heartbeat();
        break;
      case 'done':
        this.#stated = this.#endOf(this.#whole());
        break;
    }
  }

  /** The answer it stated; throws the failure it stated. */
  #statement(exitCode: number | null): Answer {
    const stated = this.#stated;
    if (stated === null) return this.#whole();
    if ('answer' in stated) return stated.answer;
    throw failed(told(stated.failure, this.#format, exitCode), this.#limitAt, stated.produced);
  }

  /** An answer that took no tokens and only says that a limit was hit is that limit: no model made it. */
  #endOf(answered: Answer): Statement {
    const { output, usage: used } = answered;
    const { program, maxOutputBytes } = this.#options;
    if (isCut(this.#data)) {
      return { failure: { kind: 'output_limit', message: tooLong(program, maxOutputBytes) }, produced: answered };
    }
    const isModels = !this.#format.reportsUsage || !isFree(this.#usage) || this.#data !== undefined;
    if (isModels || !isLimitAlone(output, this.#usage !== null)) return { answer: answered };
    return {
      failure: { kind: 'rate_limited', message: output.trim() },
      produced: { ...(used ? { usage: used } : {}) },
    };
  }

  #whole(): Answer {
    return { ...this.#spoken.text, ...(this.#data === undefined ? {} : { data: this.#data }), ...this.#used() };
  }

  /** Where stdout has nothing that decides: one object over many lines, and the words on stderr. */
  #lookElsewhere({ stdout, stderr }: ProcessLeft): void {
    const onEvent = (event: JsonEvent) => this.#onEvent(event);
    if (!this.#seen) for (const event of document(stdout)) onEvent(event);
    if (this.#stated || this.#complaint) return;
    createJsonLines({ types: this.#format.types, onEvent, onText() {} }).push(`${stderr}\n`);
    if (!this.#stated && !this.#complaint) for (const event of document(stderr)) onEvent(event);
  }

  /** Of this run of the tool alone. */
  #used(): { usage?: Usage } {
    if (!this.#usage) return {};
    const { previous } = this.#options;
    const before = previous?.usage;
    const continues =
      this.#format.countsSession === true && (this.#session === '' || this.#session === previous?.session);
    return { usage: continues && before ? usageSince(this.#usage, before) : this.#usage };
  }

  #processFailure(left: ProcessLeft, produced: AgentErrorOptions): AgentError {
    const stdout = this.#seen ? this.#noise.text() : left.stdout;
    const output = this.#seen ? this.#spoken.text.output : left.plain;
    const error = processFailure({ ...left, stdout, output, truncated: false, source: 'tool' });
    const kind = error.kind === 'exit' && left.exitSignal === null ? kindOf(this.#format, left) : error.kind;
    const { retryAfterMs } = error;
    return new AgentError(kind, error.message, {
      ...produced,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  }
}

function isWork(event: ToolEvent): boolean {
  return event.type === 'text' || event.type === 'work' || (event.type === 'beat' && event.isWorking === true);
}

function isFree(usage: Usage | null): boolean {
  return (usage?.totalTokens ?? 0) === 0 && (usage?.outputTokens ?? 0) === 0 && (usage?.costUsd ?? 0) === 0;
}

function tooLong(program: string, maxOutputBytes: number): string {
  const limit = Math.max(MAX_LINE_CHARS, 4 * maxOutputBytes);
  return `An event of \`${program}\` is longer than ${limit} characters, and cannot be read; raise \`maxOutputBytes\` of its agent (now ${maxOutputBytes}), a quarter of that limit, or have it write less`;
}

/** Failure of a process without an event, where stderr has no words that every tool knows. */
function kindOf({ words = [], exitCodes = {} }: ToolFormat, { stderr, exitCode }: ProcessLeft): ErrorKind {
  return words.find(([pattern]) => pattern.test(stderr))?.[1] ?? exitCodes[exitCode ?? 0] ?? 'exit';
}

/** A failure whose field says nothing of its kind may have it in the exit code. */
function told(failure: Failure, { exitCodes = {} }: ToolFormat, exitCode: number | null): Failure {
  return failure.isVague ? { ...failure, kind: exitCodes[exitCode ?? 0] ?? failure.kind } : failure;
}

function failed(failure: Failure, limitAt: number | null, produced: AgentErrorOptions): AgentError {
  const { kind, message, retryAt, retryAfterMs } = failure;
  const until = kind === 'rate_limited' ? (retryAt ?? (retryAfterMs === undefined ? limitAt : null)) : null;
  return new AgentError(kind, message, {
    ...produced,
    ...(until === null ? {} : { retryAt: until }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** The object that a text is from its first to its last brace; nothing when that is not an object. */
function document(text: string): JsonEvent[] {
  const from = text.indexOf('{');
  const to = text.lastIndexOf('}');
  return from < 0 || to < from ? [] : (eventsOf(text.slice(from, to + 1)) ?? []);
}

function sum(a: Usage, b: Usage): Usage {
  const total: Usage = {};
  for (const key of ['inputTokens', 'outputTokens', 'totalTokens', 'costUsd'] as const) {
    if (a[key] !== undefined || b[key] !== undefined) total[key] = (a[key] ?? 0) + (b[key] ?? 0);
  }
  return total;
}
