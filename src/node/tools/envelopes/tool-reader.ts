import { AgentError, type AgentErrorOptions } from '../../../errors/agent-error.ts';
import { usageSince } from '../../../policy/usage.ts';
import type { AgentAnswer, AgentControls, PreviousAttempt } from '../../../types/agent.ts';
import type { ErrorKind } from '../../../types/error-kind.ts';
import type { Usage } from '../../../types/usage.ts';
import type { OutputReader, ProcessLeft } from '../../command/output-reader.ts';
import { processFailure } from '../../command/process-failure.ts';
import { BoundedBytes } from '../../files/bounded-bytes.ts';
import { isLimitAlone } from './failure.ts';
import { createJsonLines, eventsOf, type JsonEvent, MAX_LINE_CHARS } from './json-lines.ts';
import { cutMark, isCut } from './string-cutter.ts';
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
  /** The session that it goes on with, and what was used in it before. Default: it begins one. */
  previous?: Pick<PreviousAttempt, 'session' | 'usage'> | undefined;
}

/**
 * Reads what a tool prints while it prints it: text goes out as output, work as progress, everything else is a sign of life. At
 * the end it makes the answer, or the error.
 *
 * What the tool states in its events decides, however its process ends: a failure is one also with exit code 0, an answer also with
 * another code, a signal, or a process that has to be stopped. Of several statements the last counts. Only a process that failed
 * without any is judged by its code and its stderr. A tool that printed no event at all, as an old version does that does not know
 * the flag, is taken by its plain text.
 */
export function createToolReader(format: ToolFormat, options: ToolReaderOptions): OutputReader {
  const { controls, maxOutputBytes, program, previous } = options;
  const bounded = () => new BoundedBytes({ maxBytes: maxOutputBytes, head: 'half' });
  const noise = new BoundedBytes({ maxBytes: NOISE_BYTES, head: 'none' });
  const read = format.reader();
  let seen = false;
  let session = '';
  /** What was said since work was last done, and all of it. */
  let said = bounded();
  const everything = bounded();
  let isFresh = true;
  let answer: { text: string; isSpare: boolean } | null = null;
  let data: unknown;
  let usage: Usage | null = null;
  let limitAt: number | null = null;
  /** A failure that is none if an answer follows. */
  let complaint: Failure | null = null;
  /** Its last statement of its end: the answer as it was then, or why there is none. */
  let stated: Statement | null = null;

  function take(event: ToolEvent): void {
    switch (event.type) {
      case 'session':
        if (event.id !== session) controls.session(event.id);
        session = event.id;
        break;
      case 'text': {
        if (isFresh && everything.total > 0) {
          everything.push(Buffer.from('\n\n'));
          controls.output('\n\n');
        }
        isFresh = false;
        const bytes = Buffer.from(event.text);
        said.push(bytes);
        everything.push(bytes);
        complaint = null;
        controls.output(event.text);
        break;
      }
      case 'work':
        if (!isFresh) said = bounded();
        isFresh = true;
        if (event.message === undefined) controls.heartbeat();
        else controls.progress({ message: event.message });
        break;
      case 'beat':
        controls.heartbeat();
        break;
      case 'answer':
        answer = { text: event.text, isSpare: event.isSpare === true };
        break;
      case 'data':
        data = event.value;
        break;
      case 'usage':
        usage = event.add && usage ? sum(usage, event.usage) : event.usage;
        break;
      case 'limit':
        limitAt = event.retryAt;
        controls.heartbeat();
        break;
      case 'failure':
        if (event.isFinal) stated = { failure: event.failure, produced: { ...text(), ...used() } };
        else complaint = event.failure;
        controls.heartbeat();
        break;
      case 'done':
        stated = endOf(whole());
        break;
    }
  }

  function onEvent(event: JsonEvent): void {
    // An object of another kind, as a line of some log is, says nothing of the tool's format.
    const isOwn = typeof event.type === 'string' && format.types.has(event.type);
    if (isOwn) seen = true;
    const before = stated;
    for (const one of read(event)) take(one);
    if (stated !== null && (isOwn || stated !== before)) controls.conclude(() => statement(0));
  }

  /** The answer it stated; throws the failure it stated. */
  function statement(exitCode: number | null): Answer {
    if (stated === null) return whole();
    if ('answer' in stated) return stated.answer;
    throw failed(told(stated.failure, format, exitCode), limitAt, stated.produced);
  }

  /** An answer that took no tokens and only says that a limit was hit is that limit: no model made it. */
  function endOf(answered: Answer): Statement {
    const { output } = answered;
    const isFree = (usage?.totalTokens ?? 0) === 0 && (usage?.outputTokens ?? 0) === 0 && (usage?.costUsd ?? 0) === 0;
    if (isCut(data)) {
      return { failure: { kind: 'output_limit', message: tooLong(program, maxOutputBytes) }, produced: answered };
    }
    if (!format.tellsUsage || !isFree || data !== undefined || !isLimitAlone(output, usage !== null))
      return { answer: answered };
    const { usage: used } = answered;
    return {
      failure: { kind: 'rate_limited', message: output.trim() },
      produced: { ...(used ? { usage: used } : {}) },
    };
  }

  function whole(): Answer {
    return { ...text(), ...(data === undefined ? {} : { data }), ...used() };
  }

  const lines = createJsonLines({
    types: format.types,
    maxLineChars: Math.min(LONGEST_LINE_CHARS, Math.max(MAX_LINE_CHARS, 4 * maxOutputBytes)),
    maxStringChars: Math.max(0, maxOutputBytes - MARK_BYTES),
    onEvent,
    onText(line) {
      noise.push(Buffer.from(`${line}\n`));
      controls.heartbeat();
    },
  });

  /** Where stdout said nothing that decides: a tool's one object over many lines, and its words on stderr. */
  function lookElsewhere({ stdout, stderr }: ProcessLeft): void {
    if (!seen) for (const event of document(stdout)) onEvent(event);
    if (stated || complaint) return;
    createJsonLines({ types: format.types, onEvent, onText() {} }).push(`${stderr}\n`);
    if (!stated && !complaint) for (const event of document(stderr)) onEvent(event);
  }

  function text(): { output: string; truncated: boolean } {
    const given = answer && (!answer.isSpare || everything.total === 0) ? answer.text : null;
    if (given === null) {
      const kept = said.total > 0 ? said : everything;
      return { output: kept.text(cutMark).replace(/\r?\n$/, ''), truncated: kept.truncated };
    }
    const kept = bounded();
    kept.push(Buffer.from(given));
    return { output: kept.text(cutMark).replace(/\r?\n$/, ''), truncated: kept.truncated || isCut(given) };
  }

  /** Of this run of the tool alone. */
  function used(): { usage?: Usage } {
    if (!usage) return {};
    const before = previous?.usage;
    const goesOn = format.countsSession === true && (session === '' || session === previous?.session);
    return { usage: goesOn && before ? usageSince(usage, before) : usage };
  }

  return {
    stdout: (piece) => lines.push(piece),
    finish(left): AgentAnswer {
      const { damaged, skipped } = lines.end();
      if (!stated && !complaint) lookElsewhere(left);
      const { exitCode, exitSignal, aborted } = left;
      // What it said after its last statement belongs to the answer only when it left by itself.
      if (stated && 'answer' in stated && exitCode === 0 && aborted === null) return whole();
      if (stated) return statement(exitCode);
      const produced: AgentErrorOptions = { ...text(), ...used() };
      if (aborted !== null) throw new AgentError('cancelled', aborted, produced);
      if (complaint && exitSignal === null) throw failed(told(complaint, format, exitCode), limitAt, produced);
      if (exitCode !== 0) {
        const spoken = seen ? noise.text() : left.stdout;
        const error = processFailure({
          ...left,
          stdout: spoken,
          output: seen ? text().output : left.plain,
          truncated: false,
          source: 'tool',
        });
        const kind = error.kind === 'exit' && exitSignal === null ? kindOf(format, left) : error.kind;
        const { retryAfterMs } = error;
        throw new AgentError(kind, error.message, {
          ...produced,
          ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
        });
      }
      if (skipped) throw new AgentError('output_limit', tooLong(program, maxOutputBytes), produced);
      if (!seen) return { output: left.plain, truncated: left.truncated, ...used() };
      if (!format.hasEnd && !damaged) return { ...text(), ...used() };
      const message = `The output of \`${program}\` broke off: it exited with code 0 and never said that it had finished`;
      throw new AgentError('transient', message, produced);
    },
  };
}

function tooLong(program: string, maxOutputBytes: number): string {
  const limit = Math.max(MAX_LINE_CHARS, 4 * maxOutputBytes);
  return `An event of \`${program}\` is longer than ${limit} characters, and cannot be read; raise \`maxOutputBytes\` of its agent (now ${maxOutputBytes}), a quarter of that limit, or have it write less`;
}

/** What a process that failed without an event means, where stderr has no words that every tool knows. */
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

/** The object that a text is from its first to its last brace; nothing when that is none. */
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
