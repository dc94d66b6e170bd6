import { SoarError } from '../errors/soar-error.ts';
import { toIssues } from '../errors/zod-issues.ts';
import { LINGER_MS } from './linger.ts';
import { count, policyInputSchema } from './policy.schema.ts';
import type {
  BreakerPolicy,
  ClockPolicy,
  CoolingPolicy,
  Policy,
  PolicyInput,
  PresetName,
  RetryPolicy,
} from './policy.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** A limit that nothing extends. Silence as long as `idleTimeoutMs` stops the attempt, from its start on. */
function fixedClocks(timeoutMs: number, idleTimeoutMs: number): ClockPolicy {
  return {
    startTimeoutMs: idleTimeoutMs,
    idleTimeoutMs,
    onIdle: 'stop',
    mode: 'fixed',
    initialTimeoutMs: timeoutMs,
    maxTimeoutMs: timeoutMs,
    extensionThresholdMs: 10 * SECOND,
    extensionFactor: 1.5,
  };
}

/** Where silence is not a failure, there is no start limit either: silence only shows as `stalled`. */
const SILENCE_IS_FINE = { onIdle: 'stall', startTimeoutMs: null } as const;

const RETRY: RetryPolicy = {
  retries: 2,
  strategy: 'exponential',
  baseDelayMs: 1 * SECOND,
  maxDelayMs: 60 * SECOND,
  factor: 2,
  jitter: 0.1,
  retryOnTimeout: true,
  retryOnEarlyTermination: true,
};

const NO_RETRY: RetryPolicy = {
  ...RETRY,
  retries: 0,
  strategy: 'immediate',
  retryOnTimeout: false,
  retryOnEarlyTermination: false,
};

const BREAKER: BreakerPolicy = {
  enabled: true,
  failureThreshold: 2,
  failureWindowMs: 5 * MINUTE,
  resetTimeoutMs: 2 * MINUTE,
  fastFailThreshold: 2,
  fastFailGapMs: 10 * SECOND,
  adHocFailureThreshold: 4,
  adHocFastFailGapMs: 30 * SECOND,
  onOpen: 'fail',
  maxOpenWaitMs: 2 * MINUTE,
};

const COOLING: CoolingPolicy = { maxCoolingMs: 2 * MINUTE, maxRateLimits: 3, defaultCoolingMs: 5 * SECOND };

const TERMINATION = { enabled: true, confirmMs: 5 * SECOND, lingerMs: LINGER_MS };

function progressiveClocks(initialTimeoutMs: number, maxTimeoutMs: number, idleTimeoutMs: number): ClockPolicy {
  return { ...fixedClocks(maxTimeoutMs, idleTimeoutMs), mode: 'progressive', initialTimeoutMs };
}

function preset(name: PresetName, settings: Partial<Omit<Policy, 'name'>>): Policy {
  return frozen({
    name,
    clocks: progressiveClocks(1 * MINUTE, 5 * MINUTE, 30 * SECOND),
    retry: RETRY,
    termination: TERMINATION,
    breaker: BREAKER,
    cooling: COOLING,
    ...settings,
  });
}

function frozen(policy: Policy): Policy {
  const { name, clocks, retry, termination, breaker, cooling } = policy;
  return Object.freeze({
    name,
    clocks: Object.freeze({ ...clocks }),
    retry: Object.freeze({ ...retry }),
    termination: Object.freeze({ ...termination }),
    breaker: Object.freeze({ ...breaker }),
    cooling: Object.freeze({ ...cooling }),
  });
}

/**
 * The presets, deeply frozen. Figures are those of the system this one re-imagines; a fixed preset's `maxTimeoutMs` is
 * the timeout itself.
 *
 * - `default`: 1 to 5 minutes, 2 retries, 30 s of silence stop an attempt.
 * - `production`: 2 to 10 minutes, 2 retries, silence never stops an attempt.
 * - `patient` (used when nothing is said): 2 to 10 minutes, 1 retry, silence never stops an attempt.
 * - `fastFail`: 1 minute, no retry, 15 s of silence stop an attempt.
 * - `development`: 30 minutes, no retry, no breaker, neither patterns nor silence stop an attempt.
 * - `test`: 30 seconds, no retry, no breaker, 10 s of silence stop an attempt.
 */
export const POLICIES: Readonly<Record<PresetName, Policy>> = Object.freeze({
  default: preset('default', {}),
  production: preset('production', {
    clocks: {
      ...progressiveClocks(2 * MINUTE, 10 * MINUTE, 1 * MINUTE),
      ...SILENCE_IS_FINE,
      extensionThresholdMs: 15 * SECOND,
    },
    retry: { ...RETRY, baseDelayMs: 2 * SECOND, maxDelayMs: 2 * MINUTE },
  }),
  patient: preset('patient', {
    clocks: { ...progressiveClocks(2 * MINUTE, 10 * MINUTE, 2 * MINUTE), ...SILENCE_IS_FINE },
    retry: { ...RETRY, retries: 1, baseDelayMs: 2 * SECOND, maxDelayMs: 30 * SECOND },
  }),
  fastFail: preset('fastFail', { clocks: fixedClocks(1 * MINUTE, 15 * SECOND), retry: NO_RETRY }),
  development: preset('development', {
    clocks: { ...fixedClocks(30 * MINUTE, 5 * MINUTE), ...SILENCE_IS_FINE },
    retry: { ...NO_RETRY, retryOnTimeout: true, retryOnEarlyTermination: true },
    termination: { ...TERMINATION, enabled: false },
    breaker: { ...BREAKER, enabled: false },
  }),
  test: preset('test', {
    clocks: fixedClocks(30 * SECOND, 10 * SECOND),
    retry: NO_RETRY,
    breaker: { ...BREAKER, enabled: false },
  }),
});

/**
 * The whole policy that a preset's name, or an object of changes to a preset, stands for; `patient` when nothing is
 * given. The result is deeply frozen.
 *
 * Throws {@link SoarError} `invalid-options` naming every fault: an unknown preset or key, a wrong type, a negative
 * number.
 *
 * @param overrides `retries` wins over the policy's own.
 * @example
 * resolvePolicy({ preset: 'production', retry: { retries: 5 } }).retry.retries; // 5
 */
export function resolvePolicy(input: PolicyInput | undefined, overrides: { retries?: number } = {}): Policy {
  const policy = resolveInput(input);
  const { retries } = overrides;
  if (retries === undefined) return policy;
  const checked = count.safeParse(retries);
  if (!checked.success) {
    throw invalid(
      toIssues(
        checked.error.issues.map((issue) => ({ ...issue, path: ['retries'] })),
        { subject: '', value: overrides },
      ),
    );
  }
  return retries === policy.retry.retries ? policy : frozen({ ...policy, retry: { ...policy.retry, retries } });
}

function resolveInput(input: unknown): Policy {
  if (input === undefined) return POLICIES.patient;
  const checked = policyInputSchema.safeParse(input);
  if (!checked.success) throw invalid(toIssues(checked.error.issues, { subject: 'The policy', value: input }));
  if (typeof checked.data === 'string') return POLICIES[checked.data];
  const { preset: base = 'patient', name, ...changes } = checked.data;
  const from = POLICIES[base];
  return frozen({
    name: name ?? base,
    clocks: { ...from.clocks, ...given(changes.clocks) },
    retry: { ...from.retry, ...given(changes.retry) },
    termination: { ...from.termination, ...given(changes.termination) },
    breaker: { ...from.breaker, ...waiting(changes.breaker) },
    cooling: { ...from.cooling, ...given(changes.cooling) },
  });
}

/** Without the keys that are there with `undefined`: those say nothing. */
function given<T extends object>(changes: T | undefined): Partial<T> {
  if (changes === undefined) return {};
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** How long a task may wait for its breaker says that it may. */
export function waiting<T extends Partial<Pick<BreakerPolicy, 'onOpen' | 'maxOpenWaitMs'>>>(changes?: T): Partial<T> {
  const said = given(changes);
  return said.maxOpenWaitMs === undefined ? said : { onOpen: 'wait', ...said };
}

function invalid(found: ReturnType<typeof toIssues>): SoarError {
  const issues = found.map(({ path, message, code }) => ({ path, message, code }));
  return new SoarError('invalid-options', issues.map(({ message }) => message).join(' '), { issues });
}
