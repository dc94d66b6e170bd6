import * as z from 'zod';
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
export const durationMs = z.number().min(0);
/** A limit: more than zero, milliseconds. */
export const limitMs = z.number().gt(0);
/** A count that may be zero. */
export const count = z.int().min(0);
/** A count of at least one. */
export const positiveCount = z.int().min(1);

const clocksSchema = strictObject({
  startTimeoutMs: limitMs.nullable().describe('Longest time until something is heard, milliseconds; null: no limit.'),
  idleTimeoutMs: limitMs.nullable().describe('Longest silence, milliseconds; null: no limit.'),
  onIdle: z
    .enum(['stop', 'stall'])
    .describe('What too long a silence does: stop the attempt, or only mark it stalled.'),
  mode: z
    .enum(['fixed', 'progressive'])
    .describe('Whether the limit is `maxTimeoutMs`, or grows while there is activity.'),
  initialTimeoutMs: limitMs.describe('First limit of a progressive timeout, milliseconds.'),
  maxTimeoutMs: limitMs.describe('Longest time of one attempt, milliseconds.'),
  extensionThresholdMs: durationMs.describe(
    'A limit that is due is extended when there was activity within this time before it, milliseconds.',
  ),
  extensionFactor: z.number().gt(1).describe('How much longer an extended limit is.'),
}).partial();

const retrySchema = strictObject({
  retries: count.describe('Executions after the first one.'),
  strategy: z.enum(['immediate', 'fixed', 'linear', 'exponential']).describe('How the delay grows.'),
  baseDelayMs: durationMs.describe('First delay, milliseconds.'),
  maxDelayMs: durationMs.describe('No delay is longer, milliseconds.'),
  factor: z.number().min(0).describe('How fast the delay grows.'),
  jitter: z.number().min(0).max(1).describe('Share of the delay by which it may vary either way.'),
  retryOnTimeout: z.boolean().describe('Whether an attempt that timed out is retried.'),
  retryOnEarlyTermination: z.boolean().describe('Whether an attempt stopped because of an error pattern is retried.'),
}).partial();

const terminationSchema = strictObject({
  enabled: z.boolean().describe('Whether error patterns on stderr can stop a silent attempt.'),
  confirmMs: durationMs.describe('Silence after a pattern before the attempt is stopped, milliseconds.'),
}).partial();

const breakerSchema = strictObject({
  enabled: z.boolean(),
  failureThreshold: positiveCount.describe('Failures within the window that open it.'),
  failureWindowMs: limitMs,
  resetTimeoutMs: durationMs.describe('Time it stays open before one probe is let through, milliseconds.'),
  fastFailThreshold: positiveCount.describe('Permanent errors in quick succession that open it at once.'),
  fastFailGapMs: durationMs,
  adHocFailureThreshold: positiveCount,
  adHocFastFailGapMs: durationMs,
  onOpen: z.enum(['fail', 'wait']).describe('What a refused task without a fallback does.'),
  maxOpenWaitMs: durationMs,
}).partial();

const coolingSchema = strictObject({
  maxCoolingMs: durationMs.describe('Longest time a task may spend cooling, milliseconds.'),
  maxRateLimits: count.describe('Rate limits a task survives.'),
  defaultCoolingMs: durationMs.describe('First cooling of a provider that does not say how long, milliseconds.'),
}).partial();

export const presetNameSchema = z.enum(PRESET_NAMES);

export const policyObjectSchema = strictObject({
  preset: presetNameSchema.optional().describe("What the other settings change. Default 'patient'."),
  name: z.string().optional(),
  clocks: clocksSchema.optional(),
  retry: retrySchema.optional(),
  termination: terminationSchema.optional(),
  breaker: breakerSchema.optional(),
  cooling: coolingSchema.optional(),
});

/** A preset's name, or an object of changes to a preset. */
export const policyInputSchema: z.ZodType<PolicyInput, PolicyInput> = z
  .union([presetNameSchema, policyObjectSchema])
  .meta({ id: 'policy', description: "A preset's name, or a preset with some settings changed." });
