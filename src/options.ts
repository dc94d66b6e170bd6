import * as z from 'zod/v4/mini';
import { frozenCopy } from './base/frozen.ts';
import { SoarError } from './errors/soar-error.ts';
import { strictObject } from './errors/strict-object.ts';
import { toIssues } from './errors/zod-issues.ts';
import type { GateLimits } from './machines/gate/logic.ts';
import { GATE_LIMITS } from './machines/gate/machine.ts';
import { pricesSchema, runSettingsShape } from './plan/plan.schema.ts';
import type { OnDependencyFailure, Plan } from './plan/types.ts';
import { count, durationMs, positiveCount } from './policy/policy.schema.ts';
import { waiting } from './policy/presets.ts';
import { COLLECT_SETTINGS, type CollectSettings, mergeSettings, type StatedSettings } from './run/settings.ts';
import type { SoarOptions } from './soar-types.ts';
import { quoted } from './text/foreign-text.ts';

const limits = z.record(z.string(), positiveCount);

const phaseAgent = z.union([z.string(), z.literal(false)]);

/** Recognizes objects with behaviour by their methods. */
function thing(message: string, isOne: (given: unknown) => boolean) {
  return z.unknown().check(z.refine((given) => given === undefined || given === null || isOne(given), { message }));
}

const can =
  (...names: string[]) =>
  (value: unknown) =>
    names.every((name) => typeof (value as Record<string, unknown> | null)?.[name] === 'function');
const isFunction = (value: unknown) => typeof value === 'function';
const areSinks = (value: unknown) => Array.isArray(value) && value.every(can('write'));

const phase = thing('to be a function or an actor logic', (one) => isFunction(one) || can('transition')(one));
const journal = thing('to be a journal, such as `memoryJournal()`', can('begin'));
const clock = thing(
  'to be a clock with `now`, `setTimeout` and `clearTimeout`',
  can('now', 'setTimeout', 'clearTimeout'),
);
const callback = thing('to be a function', isFunction);
const inspect = thing(
  'to be a function, an observer with `next`, or a trace sink',
  (one) => isFunction(one) || can('next')(one) || can('write')(one),
);
const trace = thing('to be a list of trace sinks, or an object with `sinks`', (one) =>
  areSinks(Array.isArray(one) ? one : (one as { sinks?: unknown }).sinks),
);
const signal = thing('to be an AbortSignal', can('addEventListener'));

const soarOptionsSchema = z.partial(
  strictObject({
    ...runSettingsShape,
    agents: z.record(z.string(), z.unknown()),
    fallback: z.string(),
    defaultAgent: z.string(),
    limits: z.partial(strictObject({ perAgent: limits, perProvider: limits })),
    killGraceMs: durationMs,
    maxCoolingMs: durationMs,
    maxRateLimits: count,
    maxOpenWaitMs: durationMs,
    onOpen: z.enum(['fail', 'wait']),
    phases: z.partial(
      strictObject({ assess: phase, retrieve: phase, decompose: phase, route: phase, synthesize: phase }),
    ),
    phaseAgent,
    approve: z.boolean(),
    clock,
    random: callback,
    inspect,
    trace,
    agentFromSpec: callback,
    readEntry: callback,
    journal,
    prices: pricesSchema,
  }),
);

const runOptionsSchema = z.partial(
  strictObject({
    ...runSettingsShape,
    runId: z.string().check(z.minLength(1)),
    signal,
    fallback: z.union([z.string(), z.literal(false)]),
    contextFiles: z.array(z.string()),
    phaseAgent,
    approve: z.boolean(),
    agents: z.record(z.string(), z.unknown()),
  }),
);

const resumeOptionsSchema = z.partial(strictObject({ signal, timeoutMs: runSettingsShape.timeoutMs }));

export function checkResumeOptions(options: object): void {
  check(resumeOptionsSchema, options, 'The resume options');
}

function check(schema: z.ZodMiniType, value: unknown, subject: string): void {
  const checked = schema.safeParse(value);
  if (checked.success) return;
  const found = toIssues(checked.error.issues, { subject, value });
  const issues = found.map(({ path, message, code }) => ({ path, message, code }));
  throw new SoarError('invalid-options', issues.map(({ message }) => message).join(' '), { issues });
}

/** The options of an engine, checked. Throws `invalid-options` naming every fault. */
export function parseSoarOptions(options: SoarOptions): SoarOptions {
  check(soarOptionsSchema, options, 'The options');
  const ids = Object.keys(options.agents ?? {});
  for (const name of ['fallback', 'defaultAgent', 'phaseAgent'] as const) {
    const id = options[name];
    if (id === undefined || id === false || ids.length === 0 || ids.includes(id)) continue;
    const known = ids.map((one) => `\`${one}\``).join(', ');
    throw new SoarError('invalid-options', `Expected \`${name}\` to be one of the agents ${known}, got ${quoted(id)}.`);
  }
  // The caller may change the object later; the engine keeps its own copy.
  const { limits, prices, policy, budget, ...rest } = options;
  return { ...rest, ...defined(frozenCopy({ limits, prices, policy, budget })) };
}

export function engineLimits({ maxConcurrent, staggerMs, limits: given }: SoarOptions): Partial<GateLimits> {
  return {
    maxConcurrent: maxConcurrent ?? GATE_LIMITS.maxConcurrent,
    staggerMs: staggerMs ?? null,
    perAgent: given?.perAgent ?? {},
    perProvider: given?.perProvider ?? {},
  };
}

/**
 * The settings of one run: its own options over the plan's over the engine's over the defaults.
 *
 * @param failureRule The default: `skip` for a written plan, `proceed` for the plan of a question.
 */
export function settingsOf(
  engine: SoarOptions,
  plan: Plan | Record<string, never>,
  run: StatedSettings,
  failureRule: OnDependencyFailure,
): CollectSettings {
  check(runOptionsSchema, run, 'The run options');
  const { maxCoolingMs, maxRateLimits, maxOpenWaitMs, onOpen } = engine;
  const bounds = defined({ maxCoolingMs, maxRateLimits, ...waiting({ maxOpenWaitMs, onOpen }) });
  const base = { ...COLLECT_SETTINGS, onDependencyFailure: failureRule, bounds };
  // The gate holds the engine's own limits; those of a run can only be narrower.
  const { maxConcurrent: _, staggerMs: __, ...ofEngine } = engine;
  return mergeSettings(base, ofEngine, plan, run) as CollectSettings;
}

function defined<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}
