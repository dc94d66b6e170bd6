import * as z from 'zod/mini';
import type { LogEntry, RunHeader } from '../../run/entries.ts';

/** Furthest point in time that a date can be, milliseconds from the epoch. */
const LAST = 8.64e15;

const id = z.string();
const instant = z.number().check(z.gte(-LAST), z.lte(LAST));
const maybeInstant = z.nullable(instant);
const count = z.int().check(z.nonnegative());
const milliseconds = z.number();
const record = z.record(z.string(), z.unknown());

// What is read of each record wherever it is used. Further keys are those of newer versions, and stay.
const error = z.object({ kind: z.string(), message: z.string(), retryable: z.boolean() });
const taskStatus = z.enum(['succeeded', 'failed', 'skipped', 'cancelled']);
const usage = z.optional(z.record(z.string(), z.number()));

const attempt = z.object({
  n: count,
  agentId: id,
  key: id,
  startedAt: instant,
  endedAt: instant,
  result: z.enum(['succeeded', 'failed', 'rate_limited', 'cancelled', 'abandoned']),
  error: z.nullable(error),
  usage,
  session: z.optional(z.string()),
});
const rateLimits = z.array(z.object({ agentId: id, taskId: id, resumeAt: instant }));
const notes = z.object({
  earlyTerminations: z.array(z.object({ taskId: id, agentId: id, kind: z.string(), reason: z.string() })),
  rateLimits,
  heartbeat: z.object({ events: count, longestSilenceMs: milliseconds }),
  pardons: z.optional(count),
});
const outcome = z.object({
  taskId: id,
  agentId: id,
  status: taskStatus,
  via: z.nullable(z.enum(['agent', 'fallback', 'cache'])),
  output: z.string(),
  error: z.nullable(error),
  attempts: z.array(attempt),
  wave: count,
  queuedMs: milliseconds,
  startedAt: maybeInstant,
  settledAt: instant,
  durationMs: milliseconds,
});
const task = z.object({ id, prompt: z.string(), dependsOn: z.optional(z.array(z.string())) });
const plan = z.object({ tasks: z.array(task), agents: z.optional(record) });
const metadata = z.object({
  totalTasks: count,
  succeeded: count,
  failed: count,
  cancelled: count,
  skipped: count,
  waves: z.array(z.array(id)),
  cacheHits: count,
  totalDurationMs: milliseconds,
  criticalPathMs: milliseconds,
  peakConcurrency: count,
  phases: z.optional(z.array(record)),
  usage: z.optional(record),
});
const result = z.object({
  runId: id,
  status: z.enum(['succeeded', 'partial', 'failed', 'cancelled']),
  metadata,
  error: z.optional(error),
  query: z.optional(z.string()),
  answer: z.optional(z.string()),
  confidence: z.optional(z.number()),
  sources: z.optional(z.array(z.object({ path: z.string() }))),
});
const breaker = {
  agentId: id,
  state: z.enum(['closed', 'open', 'halfOpen']),
  failures: z.array(z.object({ at: instant, kind: z.nullable(z.string()) })),
  retryAt: instant,
};

/** The parts that runs calculate with; what a newer version added has a default. */
const policy = z.object({
  clocks: z.object({ initialTimeoutMs: milliseconds, maxTimeoutMs: milliseconds }),
  retry: z.object({ retries: count, baseDelayMs: milliseconds, maxDelayMs: milliseconds }),
  termination: record,
  breaker: z.object({ failureThreshold: count, resetTimeoutMs: milliseconds, maxOpenWaitMs: milliseconds }),
  cooling: z.object({ maxCoolingMs: milliseconds, maxRateLimits: count, defaultCoolingMs: milliseconds }),
});

/** The first record of a run. */
export const headerSchema: z.ZodMiniType<unknown> = z.object({
  runId: id,
  startedAt: instant,
  settings: z.object({
    schedule: z.enum(['wave', 'eager']),
    onDependencyFailure: z.string(),
    policy,
    timeoutMs: z.nullable(z.number()),
    maxConcurrent: z.nullable(z.number()),
    staggerMs: z.nullable(z.number()),
    budget: z.nullable(record),
    fallback: z.nullable(z.string()),
    retries: z.nullable(z.number()),
  }),
  plan: z.optional(plan),
  goal: z.optional(z.string()),
  query: z.optional(z.string()),
  contextFiles: z.optional(z.array(z.string())),
  agents: z.optional(record),
  defaultAgent: z.optional(z.string()),
  phaseAgent: z.optional(z.nullable(z.string())),
} satisfies Partial<Record<keyof RunHeader, unknown>>);

/** The other records, by type. */
export const entrySchemas: Readonly<Record<LogEntry['type'], z.ZodMiniType<unknown>>> = {
  'phase.completed': z.object({
    phase: z.string(),
    output: z.optional(z.unknown()),
    at: instant,
    record: z.optional(z.object({ phase: z.string(), by: z.string(), calls: count, attempts: count })),
  }),
  'plan.approved': z.object({ plan, at: instant }),
  'call.settled': z.object({
    phase: z.string(),
    taskId: id,
    prompt: z.string(),
    agentId: id,
    status: taskStatus,
    output: z.string(),
    error: z.nullable(error),
    attempts: z.array(attempt),
    rateLimits: z.optional(rateLimits),
  }),
  'limit.moved': z.object({ at: instant, deadlineAt: instant, heldUntil: maybeInstant }),
  'plan.compiled': z.object({ at: instant, tasks: count, ticked: count, deadlineAt: instant, budgetAt: maybeInstant }),
  'attempt.started': z.object({ taskId: id, agentId: id, n: count, key: id, at: instant }),
  // Whether its process may be signalled is looked at where that is done.
  'process.started': z.object({ key: id }),
  'attempt.session': z.object({ key: id, session: z.string() }),
  'task.parked': z.object({
    taskId: id,
    state: z.enum(['staggered', 'retrying', 'cooling', 'circuitOpen', 'fallback']),
    attempts: z.array(attempt),
    notes,
    waits: z.object({
      machineTries: z.optional(count),
      machineMs: z.optional(milliseconds),
      refuted: z.optional(count),
      reason: z.optional(z.nullable(z.string())),
      refusals: z.optional(count),
      rateLimited: count,
      coolingMs: milliseconds,
      openMs: milliseconds,
      since: instant,
      until: instant,
      resumeAt: maybeInstant,
    }),
    error: z.nullable(error),
    answer: z.object({ output: z.string(), truncated: z.boolean() }),
  }),
  'task.interrupted': z.object({ taskId: id, attempts: z.array(attempt) }),
  'task.settled': z.object({ report: z.object({ outcome, notes }) }),
  'breaker.changed': z.object(breaker),
  'run.interrupted': z.object({ at: instant, reason: z.string() }),
  'run.resumed': z.object({ at: instant, deadlineAt: maybeInstant }),
  'run.settled': z.object({ at: instant, result }),
};

/** State of an agent and of a provider. */
export const breakerSchema = z.object(breaker);
export const paceSchema = z.object({
  provider: z.string(),
  lastStart: maybeInstant,
  extraMs: z.number().check(z.nonnegative()),
  coolUntil: maybeInstant,
  cooledAt: maybeInstant,
  streak: count,
  at: instant,
});

/** A line of the list of runs, and one of the list of owners. */
export const runRowSchema = z.object({
  number: count,
  id,
  owner: z.nullable(z.string()),
  goal: z.nullable(z.string()),
  query: z.nullable(z.string()),
  status: z.nullable(result.shape.status),
  started_at: instant,
  ended_at: maybeInstant,
  tasks: count,
  settled: count,
});
export const ownerRowSchema = z.object({
  id: z.string(),
  machine: z.string(),
  pid: z.int().check(z.gte(1)),
  started: z.string(),
  heartbeat_at: instant,
});
