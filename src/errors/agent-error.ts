import { type ErrorKind, isRetryable } from '../types/error-kind.ts';
import type { Usage } from '../types/usage.ts';
import { isBranded } from './brand.ts';

const BRAND = Symbol.for('soar-machine.agent-error');

export interface AgentErrorOptions {
  /** When a rate-limited provider may be asked again, epoch milliseconds in the run's clock. */
  retryAt?: number;
  /** How long a rate-limited provider asked us to stay away, milliseconds; used when `retryAt` is not given. */
  retryAfterMs?: number;
  /** Overrides what the kind implies: `false` spends no retry on it. */
  retryable?: boolean;
  /** Text produced before the failure; kept in the outcome. */
  output?: string;
  /** True when `output` was cut. */
  truncated?: boolean;
  /** Tokens it had cost until then; counted like those of an answer. */
  usage?: Usage;
  /**
   * Party at fault. `task`: something the task brought with it, such as a script or a missing folder; the circuit breaker
   * of the agent takes no notice. `machine`: this machine lacked a process, file handle, memory or program for a moment; the
   * breaker takes no notice, and the task tries again without consuming a retry, for a minute at most. Default: `machine` when the
   * error or one of its causes is a system error EAGAIN, EMFILE, ENFILE, ENOMEM, ENOSPC or ETXTBSY, else `agent`.
   */
  fault?: 'agent' | 'task' | 'machine';
  cause?: unknown;
}

/**
 * Error of an agent that says *why* it failed. Any other thrown value is recorded as `internal`, which is transient.
 *
 * @example
 * throw new AgentError('rate_limited', 'HTTP 429 from the model', { retryAfterMs: 30_000 });
 */
export class AgentError extends Error {
  readonly kind: ErrorKind;
  readonly retryable: boolean;
  readonly retryAt: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly output: string | undefined;
  readonly truncated: boolean;
  readonly usage: Usage | undefined;
  readonly fault: AgentErrorOptions['fault'];

  /** @param kind Or one of your own: the task then fails as `other`, with `kind: message` as its message. */
  constructor(kind: ErrorKind | (string & {}), message: string, options: AgentErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AgentError';
    this.kind = kind as ErrorKind;
    this.retryable = options.retryable ?? isRetryable(this.kind);
    this.retryAt = options.retryAt;
    this.retryAfterMs = options.retryAfterMs;
    this.output = options.output;
    this.truncated = options.truncated ?? false;
    this.usage = options.usage;
    this.fault = options.fault;
    Object.defineProperty(this, BRAND, { value: true });
  }

  static isInstance(value: unknown): value is AgentError {
    return isBranded(value, BRAND);
  }
}
