import type { ResolvedAgent } from '../agents/resolve.ts';
import type { Within } from '../base/async-context.ts';
import { elapsedMs } from '../base/clock.ts';
import type { Timer } from '../base/timers.ts';
import type { GateEvent } from '../machines/gate/events.ts';
import type { Price } from '../policy/budget.ts';
import type { Linger } from '../policy/linger.ts';
import { type AttemptClock, withGrantedTime } from '../policy/timeouts.ts';
import type { AgentAnswer } from '../types/agent.ts';
import type { ErrorKind } from '../types/error-kind.ts';
import type { Addressee } from '../xstate/messaging.ts';
import type { AttemptSpec } from './attempt.ts';

export interface ExecutorInput {
  gate: Addressee<GateEvent>;
  /** Whether a success says nothing new of an agent to its breaker and its pace. Default: never, and every end is judged first. */
  isCalm?: (agent: ResolvedAgent, runId: string) => boolean;
  /** Price of an agent's tokens. Default: unknown. */
  priceOf?: (agent: ResolvedAgent) => Price | null;
  /** The async context in which a run's agents are called and its tasks are notified. Default: the active one. */
  withinRun?: (runId: string) => Within;
  around?: AroundAttempt | undefined;
  /** Notified when an agent is called. Default: nothing is. */
  onCall?: () => void;
}

/** Calls an agent in an async context that tracing adds to that of its run, and gives what it returns. */
export type AroundAttempt = <R>(attempt: { runId: string; taskId: string }, call: () => R) => R;

/** Attempt in flight. */
export interface InFlight {
  readonly spec: AttemptSpec;
  readonly startedAt: number;
  readonly abort: AbortController;
  readonly within: Within;
  clock: AttemptClock;
  timer: Timer | null;
  events: number;
  longestSilenceMs: number;
  /** The agent's own name for the conversation. */
  session: string | null;
  /** A suspected failure, until output says otherwise. */
  suspicion: { kind: ErrorKind; reason: string; at: number } | null;
  /** Set once it has stated its end. */
  linger: (Linger & { end: () => AgentAnswer }) | null;
  /** Set once it was asked to stop. */
  stop: { kind: ErrorKind; reason: string; early: boolean; at: number } | null;
}

/** Time in which this process did not run does not count as silence. */
export function grant(attempt: InFlight, ms: number, now: number): void {
  const later = (at: number) => Math.min(now, at + ms);
  const { suspicion, linger } = attempt;
  attempt.clock = withGrantedTime(attempt.clock, ms, now);
  if (suspicion) attempt.suspicion = { ...suspicion, at: later(suspicion.at) };
  if (linger) attempt.linger = { ...linger, workedAt: later(linger.workedAt), heardAt: later(linger.heardAt) };
}

export function noteSilence(attempt: InFlight, now: number): void {
  attempt.longestSilenceMs = Math.max(attempt.longestSilenceMs, elapsedMs(attempt.clock.lastActivityAt, now));
}
