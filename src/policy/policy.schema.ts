import * as z from 'zod/v4/mini';
import { described } from '../errors/described.ts';
import { strictObject } from '../errors/strict-object.ts';
import type { PolicyInput, PresetName } from './policy.ts';

export const PRESET_NAMES = [
  'default',
  'production',
  'fastFail',
  'patient',
  'development',
  'test',
] as const satisfies readonly PresetName[];

/** A duration that may be zero, milliseconds. */
export const durationMs = z.number().check(z.minimum(0));
/** A limit: more than zero, milliseconds. */
export const limitMs = z.number().check(z.gt(0));
/** A count that may be zero. */
export const count = z.int().check(z.minimum(0));
/** A count of at least one. */
export const positiveCount = z.int().check(z.minimum(1));

const clocksSchema = z.partial(
  strictObject({
    startTimeoutMs: described(
      z.nullable(limitMs),
      'Longest time until the first output or heartbeat, milliseconds; null: no limit.',
    ),
    idleTimeoutMs: described(z.nullable(limitMs), 'Longest silence, milliseconds; null: no limit.'),
    onIdle: described(
      z.enum(['stop', 'stall']),
      'What too long a silence does: stop the attempt, or only mark it stalled.',
    ),
    mode: described(
      z.enum(['fixed', 'progressive']),
      'Whether the limit is `maxTimeoutMs`, or grows while there is activity.',
    ),
    initialTimeoutMs: described(limitMs, 'First limit of a progressive timeout, milliseconds.'),
    maxTimeoutMs: described(limitMs, 'Longest time of one attempt, milliseconds.'),
    extensionThresholdMs: described(
      durationMs,
      'A limit that is due is extended when there was activity within this time before it, milliseconds.',
    ),
    extensionFactor: described(z.number().check(z.gt(1)), 'How much longer an extended limit is.'),
  }),
);

const retrySchema = z.partial(
  strictObject({
    retries: described(count, 'Executions after the first one.'),
    strategy: described(z.enum(['immediate', 'fixed', 'linear', 'exponential']), 'How the delay grows.'),
    baseDelayMs: described(durationMs, 'First delay, milliseconds.'),
    maxDelayMs: described(durationMs, 'No delay is longer, milliseconds.'),
    factor: described(z.number().check(z.minimum(0)), 'How fast the delay grows.'),
    jitter: described(
      z.number().check(z.minimum(0), z.maximum(1)),
      'Share of the delay by which it may vary either way.',
    ),
    retryOnTimeout: described(z.boolean(), 'Whether an attempt that timed out is retried.'),
    retryOnEarlyTermination: described(
      z.boolean(),
      'Whether an attempt stopped because of an error pattern is retried.',
    ),
  }),
);

const terminationSchema = z.partial(
  strictObject({
    enabled: described(z.boolean(), 'Whether error patterns on stderr can stop a silent attempt.'),
    confirmMs: described(durationMs, 'Silence after a pattern before the attempt is stopped, milliseconds.'),
    lingerMs: described(
      durationMs,
      'Time an agent that has stated its end may take to leave before it is stopped, milliseconds.',
    ),
  }),
);

const breakerSchema = z.partial(
  strictObject({
    enabled: z.boolean(),
    failureThreshold: described(positiveCount, 'Failures within the window that open it.'),
    failureWindowMs: limitMs,
    resetTimeoutMs: described(durationMs, 'Time it stays open before one probe is let through, milliseconds.'),
    fastFailThreshold: described(positiveCount, 'Permanent errors in quick succession that open it at once.'),
    fastFailGapMs: durationMs,
    adHocFailureThreshold: positiveCount,
    adHocFastFailGapMs: durationMs,
    onOpen: described(z.enum(['fail', 'wait']), 'What a refused task without a fallback does.'),
    maxOpenWaitMs: described(
      durationMs,
      'Longest wait for an open breaker, milliseconds. Without `onOpen`, it means `wait`.',
    ),
  }),
);

const coolingSchema = z.partial(
  strictObject({
    maxCoolingMs: described(durationMs, 'Longest time a task may spend cooling, milliseconds.'),
    maxRateLimits: described(count, 'Rate limits a task survives.'),
    defaultCoolingMs: described(durationMs, 'First cooling of a provider that does not say how long, milliseconds.'),
  }),
);

export const presetNameSchema = z.enum(PRESET_NAMES);

export const policyObjectSchema = strictObject({
  preset: described(z.optional(presetNameSchema), "What the other settings change. Default 'patient'."),
  name: z.optional(z.string()),
  clocks: z.optional(clocksSchema),
  retry: z.optional(retrySchema),
  termination: z.optional(terminationSchema),
  breaker: z.optional(breakerSchema),
  cooling: z.optional(coolingSchema),
});

/** A preset's name, or an object of changes to a preset. */
export const policyInputSchema: z.ZodMiniType<PolicyInput, PolicyInput> = z
  .union([presetNameSchema, policyObjectSchema])
  .register(z.globalRegistry, {
    id: 'policy',
    description: "A preset's name, or a preset with some settings changed.",
  });
