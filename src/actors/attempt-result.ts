import { elapsedMs } from '../base/clock.ts';
import { frozenCopy } from '../base/frozen.ts';
import { AgentError } from '../errors/agent-error.ts';
import { toTaskError } from '../errors/classify.ts';
import { isShortage } from '../errors/machine-trouble.ts';
import type { PermitResult } from '../machines/breaker/events.ts';
import { readUsage, tokensOf } from '../policy/usage.ts';
import type { AgentAnswer } from '../types/agent.ts';
import { type ErrorKind, isRetryable } from '../types/error-kind.ts';
import type { TaskError } from '../types/task.ts';
import type { Usage } from '../types/usage.ts';
import type { AttemptResult, AttemptSpec } from './attempt.ts';
import type { InFlight } from './in-flight.ts';

type Base = Omit<AttemptResult, 'status' | 'error'>;

function base({ events, longestSilenceMs, stop, startedAt, session }: InFlight, endedAt: number): Base {
  const earlyTermination = stop?.early
    ? { kind: stop.kind, reason: stop.reason, detectedMs: elapsedMs(startedAt, stop.at) }
    : null;
  const heartbeat = { events, longestSilenceMs };
  const named = session === null ? undefined : { session };
  return { output: '', truncated: false, retryAt: null, endedAt, heartbeat, earlyTermination, ...named };
}

/**
 * An answer counts even when it came after the attempt was asked to stop: the work is done.
 *
 * @throws AgentError `internal` for what is not an answer, such as a `Response`: its text would be `[object Response]`.
 */
export function succeededResult(attempt: InFlight, answer: AgentAnswer, endedAt: number): AttemptResult {
  const { agent } = attempt.spec;
  const read = readAnswer(answer, agent.id);
  const concluded = attempt.linger ? { concluded: true } : undefined;
  const common = { ...base(attempt, endedAt), ...read, earlyTermination: null, ...concluded };
  if (agent.requireOutput && read.output.trim() === '') {
    const message = `Agent ${agent.id} ended without any output, and it is said to require some.`;
    return {
      ...common,
      status: 'failed',
      error: { kind: 'empty', message, retryable: true },
      ...faultOf(attempt, 'empty'),
    };
  }
  return { ...common, status: 'succeeded', error: null };
}

function readAnswer(answer: unknown, agentId: string): Pick<AttemptResult, 'output' | 'truncated' | 'data' | 'usage'> {
  if (typeof answer !== 'object' || answer === null || !('output' in answer)) {
    return { output: textOf(answer, agentId), truncated: false };
  }
  const { output, truncated, data, usage: reported } = answer as Exclude<AgentAnswer, string>;
  const usage = readUsage(reported);
  const kept = { output: textOf(output, agentId, usage), truncated: truncated === true };
  return {
    ...kept,
    ...(data === undefined ? {} : { data: frozenCopy(data) }),
    ...(usage === undefined ? {} : { usage }),
  };
}

/** Nothing is an empty answer, a number its digits. */
function textOf(output: unknown, agentId: string, usage?: Usage): string {
  if (typeof output === 'string') return output;
  if (output === undefined || output === null) return '';
  if (typeof output === 'number' || typeof output === 'boolean' || typeof output === 'bigint') return String(output);
  const got = Object.prototype.toString.call(output).slice('[object '.length, -1);
  const message = `Agent \`${agentId}\` should return a string or \`{ output }\` with one, and returned ${got}.`;
  throw new AgentError('internal', message, { retryable: false, ...(usage ? { usage } : {}) });
}

export function failedResult(attempt: InFlight, thrown: unknown, endedAt: number): AttemptResult {
  const { suspicion } = attempt;
  const stop = attempt.linger && isStatement(thrown) ? null : attempt.stop;
  const common = base(attempt, endedAt);
  if (AgentError.isInstance(thrown)) {
    common.output = thrown.output ?? '';
    common.truncated = thrown.truncated;
    const usage = readUsage(thrown.usage);
    if (usage) common.usage = usage;
  }
  if (stop) {
    const error: TaskError = { kind: stop.kind, message: stop.reason, retryable: isRetryable(stop.kind) };
    const status = stop.kind === 'rate_limited' ? 'rate_limited' : stop.kind === 'cancelled' ? 'cancelled' : 'failed';
    return { ...common, status, error, ...faultOf(attempt, stop.kind) };
  }
  const { kind, message, retryable, retryAt, retryAfterMs } = toTaskError(thrown, endedAt);
  // A process that fails without saying why in its exit has often said why on stderr.
  const error: TaskError =
    kind === 'exit' && suspicion
      ? { kind: suspicion.kind, message: `${message} (${suspicion.reason})`, retryable: isRetryable(suspicion.kind) }
      : { kind, message, retryable };
  if (error.kind !== 'rate_limited')
    return { ...common, status: 'failed', error, ...faultOf(attempt, error.kind, thrown) };
  const resumeAt = retryAt ?? (retryAfterMs === undefined ? null : endedAt + retryAfterMs);
  // A reset time that is past, or "retry after 0", says nothing: the limit still held a moment ago.
  return {
    ...common,
    status: 'rate_limited',
    error,
    retryAt: resumeAt !== null && resumeAt > endedAt ? resumeAt : null,
  };
}

/** End that a hanging attempt had stated, or null. */
export function statedResult(attempt: InFlight, endedAt: number): AttemptResult | null {
  if (!attempt.linger) return null;
  try {
    return succeededResult(attempt, attempt.linger.end(), endedAt);
  } catch (thrown) {
    return failedResult(attempt, thrown, endedAt);
  }
}

/** Whether the thrown error is a failure that the agent stated, not its way to stop when asked to. */
function isStatement(thrown: unknown): boolean {
  return AgentError.isInstance(thrown) && thrown.kind !== 'cancelled';
}

/** Result of an attempt that has not ended although everything was tried. */
export function abandonedResult(attempt: InFlight, endedAt: number): AttemptResult {
  const kind = attempt.stop?.kind ?? 'timeout';
  const message = `${attempt.stop?.reason ?? 'It was asked to stop.'} It did not end in time and was abandoned.`;
  const error: TaskError = { kind, message, retryable: isRetryable(kind) };
  // A rate limit stays one, for the gate and for the task, however it ended.
  return {
    ...base(attempt, endedAt),
    status: kind === 'rate_limited' ? 'rate_limited' : 'abandoned',
    error,
    ...faultOf(attempt, kind),
  };
}

/**
 * Decides whose failure a thrown error is. An agent that runs its prompt as code is not to blame for what the code does: any
 * failure but of its own start is the task's.
 */
function faultOf({ spec }: InFlight, kind: ErrorKind, thrown?: unknown): Pick<AttemptResult, 'fault'> {
  const said = AgentError.isInstance(thrown) ? thrown.fault : undefined;
  if (said === 'task' || said === 'machine') return { fault: said };
  if (said === 'agent') return {};
  if (isShortage(thrown)) return { fault: 'machine' };
  return spec.agent.promptIsCode && kind !== 'spawn' ? { fault: 'task' } : {};
}

/**
 * Verdict of an attempt's end on its agent. None, when it was rate-limited, cancelled or stopped for a budget, when the
 * failure is not the agent's, or while other attempts may refute it.
 */
function permitResultOf({ status, error, fault, verdict }: AttemptResult): PermitResult {
  if (status === 'succeeded') return 'success';
  const silent = status === 'rate_limited' || status === 'cancelled' || isDecided(error);
  return silent || fault !== undefined || verdict !== undefined ? 'neutral' : 'failure';
}

function isDecided(error: TaskError | null): boolean {
  return error !== null && ['cancelled', 'budget', 'dependency', 'rate_limited'].includes(error.kind);
}

/** Report of an end to the gate: the verdict on the agent, its limit, and its usage. */
export function judgementOf({ leaseId, permitId, ref }: AttemptSpec, result: AttemptResult, at: number) {
  const { usage, retryAt } = result;
  return {
    leaseId,
    permitId,
    result: permitResultOf(result),
    kind: result.error?.kind ?? null,
    at,
    ...(result.status === 'rate_limited' ? { rateLimit: { retryAt, ref } } : {}),
    ...(usage ? { tokens: tokensOf(usage), costUsd: usage.costUsd ?? 0 } : {}),
  };
}
