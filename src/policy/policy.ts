/**
 * The three clocks an attempt runs under, milliseconds. `null` switches a clock off. Defaults, here and in the other parts of a
 * policy, are those of its preset: `POLICIES` has them all, `resolvePolicy(input)` resolves an input.
 */
export interface ClockPolicy {
  /** No output or heartbeat yet. */
  startTimeoutMs: number | null;
  /** No activity since. */
  idleTimeoutMs: number | null;
  /** Effect of a due idle clock: stop the attempt, or only mark it `stalled`. */
  onIdle: 'stop' | 'stall';
  /** `fixed`: `maxTimeoutMs` is the limit. `progressive`: `initialTimeoutMs` is, extended while there is activity. */
  mode: 'fixed' | 'progressive';
  initialTimeoutMs: number;
  maxTimeoutMs: number;
  /** A progressive deadline that is due is extended when there was activity within this time before it. */
  extensionThresholdMs: number;
  /** The next deadline is this times the last one, at most `maxTimeoutMs`. */
  extensionFactor: number;
}

export type BackoffStrategy = 'immediate' | 'fixed' | 'linear' | 'exponential';

export interface RetryPolicy {
  /** Executions after the first. Consumed by failures alone. */
  retries: number;
  strategy: BackoffStrategy;
  baseDelayMs: number;
  /** No delay is longer, jitter included. */
  maxDelayMs: number;
  factor: number;
  /** Share of the delay by which it may vary either way, 0..1. */
  jitter: number;
  /** Whether kinds timeout, idle_timeout and start_timeout are retried. */
  retryOnTimeout: boolean;
  /** Whether an attempt stopped because of an error pattern is retried. */
  retryOnEarlyTermination: boolean;
}

export interface TerminationPolicy {
  /** Whether error patterns on stderr can stop a silent attempt. */
  enabled: boolean;
  /** How long an attempt must stay silent after a pattern before it is stopped, milliseconds. */
  confirmMs: number;
  /**
   * How long an agent that has stated its end may take to leave before it is stopped, milliseconds. What it stated counts either
   * way. Every later event of the agent starts it anew, at most 12 times as long while no work is among them.
   */
  lingerMs: number;
}

export interface BreakerPolicy {
  enabled: boolean;
  /** Failures within the window that open it. */
  failureThreshold: number;
  failureWindowMs: number;
  /** How long it stays open before a probe is let through. */
  resetTimeoutMs: number;
  /** Permanent errors, each within `fastFailGapMs` of the one before, that open it at once. */
  fastFailThreshold: number;
  fastFailGapMs: number;
  /** The same for agents made up for one plan. */
  adHocFailureThreshold: number;
  adHocFastFailGapMs: number;
  /**
   * Behaviour of a refused task without a fallback: fail as `circuit_open`, or wait to be called. While a half-open
   * breaker tests its agent with one attempt, tasks wait for the end of that in any case.
   */
  onOpen: 'fail' | 'wait';
  /** Longest wait in a breaker's queue over the task's life, milliseconds. Stated without `onOpen`, it means `wait`. */
  maxOpenWaitMs: number;
}

export interface CoolingPolicy {
  /** Longest time a task may spend cooling, over its life, milliseconds. */
  maxCoolingMs: number;
  /** Rate limits a task survives. */
  maxRateLimits: number;
  /** First cooling of a provider that does not say how long, milliseconds; doubles each time in a row. */
  defaultCoolingMs: number;
}

/** How a task's attempts are timed, repeated, ended early, protected and replaced. */
export interface Policy {
  name: string;
  clocks: ClockPolicy;
  retry: RetryPolicy;
  termination: TerminationPolicy;
  breaker: BreakerPolicy;
  cooling: CoolingPolicy;
}

export type PresetName = 'default' | 'production' | 'fastFail' | 'patient' | 'development' | 'test';

type Partials<T> = { [K in keyof T]?: T[K] extends object ? Partial<T[K]> : T[K] };

/** A preset's name, or a preset (default `'patient'`) with some settings changed. */
export type PolicyInput = PresetName | ({ preset?: PresetName } & Partials<Omit<Policy, 'name'>> & { name?: string });
