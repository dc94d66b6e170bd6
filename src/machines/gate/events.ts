import type { AgentProfile } from '../../agents/resolve.ts';
import type { Budget } from '../../policy/budget.ts';
import type { Expenses } from '../../run/expenses.ts';
import type { ErrorKind } from '../../types/error-kind.ts';
import type { Addressee } from '../../xstate/messaging.ts';
import type { BreakerReply, PermitResult } from '../breaker/events.ts';

/** A task's wish to start one attempt. */
export interface StartRequest {
  type: 'start.request';
  requestId: string;
  runId: string;
  taskId: string;
  agent: AgentProfile;
  /** How long the attempt can take at most, its grace included, milliseconds. */
  limitMs?: number;
  /** False when the task's policy has no breaker: the lease alone decides. */
  breaker: boolean;
  ref: Addressee<GateReply>;
}

/** Verdict of an attempt's end on its agent and its provider. */
interface Verdict {
  leaseId: string;
  permitId: string | null;
  result: PermitResult;
  kind: ErrorKind | null;
  /** Set when the provider was rate-limited: when it may be asked again, or null when it did not say. */
  rateLimit?: { retryAt: number | null; ref: Addressee<GateReply> };
  /** When the attempt ended, epoch milliseconds. */
  at: number;
  /** Its usage, as far as known. */
  tokens?: number;
  costUsd?: number;
}

/** The end of an attempt, from the executor: its lease is free. The permit goes back with it, if it has not before. */
export interface LeaseRelease extends Verdict {
  type: 'lease.release';
}

/**
 * Ahead of the release, when it matters to the next start: the breaker, the pace and the budget receive the end before
 * the task does, and the lease is free only after the run has received it and perhaps stopped all further starts.
 */
export interface AttemptJudged extends Verdict {
  type: 'attempt.judged';
}

/** A run announces itself, so that its own limits hold and engines stay fair between runs. */
export interface RunOpened {
  type: 'run.opened';
  runId: string;
  maxConcurrent: number | null;
  staggerMs: number | null;
  budget: Budget | null;
  /** When its last attempt was started, by another process; the gap counts from then. */
  lastStartAt?: number | null;
  /** Spent before, by a run that is resumed. */
  spent?: Expenses;
  ref: Addressee<GateNotice>;
}

export type GateEvent =
  | StartRequest
  | LeaseRelease
  | AttemptJudged
  | RunOpened
  | BreakerReply
  | { type: 'start.withdraw'; requestId: string }
  /** None of the run's waiting requests is wanted any more. */
  | { type: 'run.withdraw'; runId: string }
  | { type: 'run.closed'; runId: string };

/** From the gate to a task. */
export type GateReply =
  | { type: 'start.granted'; requestId: string; leaseId: string; permitId: string | null; at: number }
  | {
      type: 'start.refused';
      requestId: string;
      cause: 'circuit_open' | 'budget';
      reason: string;
      retryAt: number | null;
      /** Set while a half-open breaker has a probe out; when that has ended at the latest. */
      probeUntil?: number;
    }
  | { type: 'provider.cooled'; provider: string; resumeAt: number };

/** From the gate to a run. */
export type GateNotice =
  | { type: 'budget.spent'; what: 'attempts' | 'tokens' | 'cost' | 'time' }
  /** A provider that the run needs asked to be left alone until then, epoch milliseconds. */
  | { type: 'provider.cooling'; provider: string; until: number };

/** A run is over, and nothing of it is asked any more: breakers that no other run has a use for end with it. */
export interface ReleaseBreakers {
  type: 'breakers.release';
  runId: string;
}
