import * as z from 'zod/v4/mini';
import { described } from '../errors/described.ts';
import { ERROR_KINDS } from '../types/error-kind.ts';
import { chartSchema } from './chart/chart.schema.ts';
import { TRACE_VERSION } from './version.ts';

const instant = described(z.number(), 'Epoch milliseconds in the clock of the run.');
const count = z.int().check(z.minimum(0));
const base = {
  seq: described(count, 'Order of the record; rises by one, except where the redaction hook left one out.'),
  at: instant,
};

const textRefSchema = described(
  z.object({ ref: z.string(), chars: count }),
  'A text kept elsewhere: in a `text` record of the same `ref`, or in the journal.',
);

const errorSchema = z.object({ kind: z.enum(ERROR_KINDS), message: z.string(), retryable: z.boolean() });

const stateSchema = described(
  z.union([z.string(), z.record(z.string(), z.unknown())]),
  'A state as XState writes it: `"staggered"`, `{ "running": "active" }`.',
);

const dataSchema = described(
  z.record(z.string(), z.unknown()),
  'What is worth knowing about it; small, and plain JSON.',
);

const usageSchema = z.object({
  inputTokens: z.optional(count),
  cachedInputTokens: z.optional(count),
  outputTokens: z.optional(count),
  totalTokens: z.optional(count),
  costUsd: z.optional(z.number().check(z.nonnegative())),
});

const attemptSchema = z.object({
  n: count,
  agentId: z.string(),
  startedAt: instant,
  endedAt: instant,
  result: z.enum(['succeeded', 'failed', 'rate_limited', 'cancelled', 'abandoned']),
  error: z.nullable(errorSchema),
  usage: z.optional(usageSchema),
});

const records = {
  'trace.started': z.object({
    type: z.literal('trace.started'),
    ...base,
    v: z.literal(TRACE_VERSION),
    trace: described(z.string(), 'Id of the recording; the prefix of every actor in it.'),
    mode: z.enum(['compact', 'full']),
  }),
  'machine.defined': z.object({
    type: z.literal('machine.defined'),
    ...base,
    machine: described(z.string(), 'Its id; made unique where two machines share one.'),
    chart: chartSchema,
  }),
  'actor.started': z.object({
    type: z.literal('actor.started'),
    ...base,
    actor: described(z.string(), 'Unique over all traces: `trace:session`.'),
    id: described(z.string(), 'Its name among its siblings; repeats, as `tasks` does in every wave.'),
    parent: z.nullable(z.string()),
    machine: described(z.nullable(z.string()), 'Null for logic that is no machine.'),
    src: z.optional(z.string()),
    runId: z.optional(z.string()),
    taskId: z.optional(z.string()),
    phase: described(
      z.optional(z.string()),
      'Of a call: the phase that asks. It is a task of its own, and none of the plan.',
    ),
    agentId: z.optional(z.string()),
    wave: z.optional(count),
    state: described(z.optional(stateSchema), 'What it begins in. Absent when it is no machine.'),
    until: described(z.optional(instant), 'When it will be over by itself.'),
    data: z.optional(dataSchema),
  }),
  'actor.moved': z.object({
    type: z.literal('actor.moved'),
    ...base,
    actor: z.string(),
    state: stateSchema,
    event: z.string(),
    keys: described(z.array(z.string()), 'The transitions taken, as their machine defines them.'),
    actions: described(z.optional(z.array(z.string())), 'Names of the actions executed; in a full recording.'),
    status: described(z.optional(z.enum(['done', 'error', 'stopped'])), 'Set when this was its last move.'),
    until: described(z.optional(instant), 'When the state will end by itself.'),
    data: z.optional(dataSchema),
  }),
  'actor.event': z.object({
    type: z.literal('actor.event'),
    ...base,
    actor: z.string(),
    event: z.string(),
    from: described(z.optional(z.string()), 'The actor that sent it.'),
    data: z.optional(dataSchema),
  }),
  'actor.ended': z.object({
    type: z.literal('actor.ended'),
    ...base,
    actor: z.string(),
    status: z.enum(['done', 'error', 'stopped']),
    error: z.optional(z.string()),
  }),
  'run.started': z.object({
    type: z.literal('run.started'),
    ...base,
    runId: z.string(),
    title: described(z.optional(z.string()), 'The question or the goal of the plan, cut to 200 characters.'),
    query: z.optional(textRefSchema),
  }),
  'plan.compiled': z.object({
    type: z.literal('plan.compiled'),
    ...base,
    runId: z.string(),
    goal: z.optional(z.string()),
    timeoutMs: z.number(),
    schedule: z.enum(['wave', 'eager']),
    waves: z.array(z.array(z.string())),
    tasks: z.array(
      z.object({
        id: z.string(),
        agent: z.string(),
        dependsOn: z.optional(z.array(z.string())),
        critical: z.optional(z.literal(true)),
        prompt: textRefSchema,
      }),
    ),
  }),
  'phase.started': z.object({ type: z.literal('phase.started'), ...base, runId: z.string(), phase: z.string() }),
  'phase.completed': z.object({
    type: z.literal('phase.completed'),
    ...base,
    runId: z.string(),
    phase: z.string(),
    summary: z.string(),
    complexity: z.optional(z.string()),
    by: described(z.optional(z.string()), 'The agent whose answer it is made of; `offline`: no agent’s.'),
    cached: described(z.optional(count), 'Number of answers taken from earlier runs; absent when none were.'),
  }),
  'phase.note': z.object({
    type: z.literal('phase.note'),
    ...base,
    runId: z.string(),
    phase: z.string(),
    message: z.string(),
  }),
  'call.settled': z.object({
    type: z.literal('call.settled'),
    ...base,
    runId: z.string(),
    phase: z.string(),
    taskId: z.string(),
    agentId: z.string(),
    status: z.enum(['succeeded', 'failed', 'cancelled', 'skipped']),
    via: described(
      z.optional(z.literal('cache')),
      'Set when the answer came from an earlier run and no agent was asked.',
    ),
    error: z.nullable(errorSchema),
    durationMs: z.number(),
  }),
  'task.held': z.object({
    type: z.literal('task.held'),
    ...base,
    runId: z.string(),
    taskId: z.string(),
    agentId: z.string(),
    wave: count,
    reason: described(z.string(), 'Whose answer it waits for.'),
  }),
  'task.settled': z.object({
    type: z.literal('task.settled'),
    ...base,
    runId: z.string(),
    taskId: z.string(),
    agentId: z.string(),
    status: z.enum(['succeeded', 'failed', 'cancelled', 'skipped']),
    via: z.nullable(z.enum(['agent', 'fallback', 'cache'])),
    wave: count,
    error: z.nullable(errorSchema),
    attempts: z.array(attemptSchema),
    queuedMs: z.number(),
    startedAt: z.nullable(instant),
    settledAt: instant,
    partialContext: z.optional(z.literal(true)),
    output: z.optional(textRefSchema),
    outputTruncated: z.optional(z.literal(true)),
    settled: described(count, 'Tasks of the run that have settled, this one included.'),
    total: count,
  }),
  'run.stopping': z.object({
    type: z.literal('run.stopping'),
    ...base,
    runId: z.string(),
    kind: z.enum(ERROR_KINDS),
    reason: z.string(),
  }),
  'run.settled': z.object({
    type: z.literal('run.settled'),
    ...base,
    runId: z.string(),
    status: z.enum(['succeeded', 'partial', 'failed', 'cancelled']),
    counts: z.object({ total: count, succeeded: count, failed: count, cancelled: count, skipped: count }),
    durationMs: z.number(),
    criticalPathMs: z.number(),
    peakConcurrency: count,
    usage: described(z.optional(usageSchema), 'Sum over the attempts that reported usage; absent when none did.'),
    error: z.optional(errorSchema),
    answer: z.optional(textRefSchema),
  }),
  activity: z.object({
    type: z.literal('activity'),
    ...base,
    runId: z.string(),
    taskId: z.string(),
    kind: z.enum(['heartbeat', 'output', 'progress']),
    message: z.optional(z.string()),
    done: z.optional(z.number()),
    total: z.optional(z.number()),
  }),
  warning: z.object({
    type: z.literal('warning'),
    ...base,
    runId: z.optional(z.string()),
    taskId: z.optional(z.string()),
    message: z.string(),
  }),
  text: z.object({ type: z.literal('text'), ...base, ref: z.string(), text: z.string() }),
  'trace.ended': z.object({
    type: z.literal('trace.ended'),
    ...base,
    faults: described(count, 'How often the recorder, its redaction hook or a sink failed.'),
  }),
};

/** Line of a trace. Readers should pass over keys they do not know. */
export const traceRecordSchema = z.discriminatedUnion('type', [
  records['trace.started'],
  records['machine.defined'],
  records['actor.started'],
  records['actor.moved'],
  records['actor.event'],
  records['actor.ended'],
  records['run.started'],
  records['plan.compiled'],
  records['phase.started'],
  records['phase.completed'],
  records['phase.note'],
  records['call.settled'],
  records['task.held'],
  records['task.settled'],
  records['run.stopping'],
  records['run.settled'],
  records.activity,
  records.warning,
  records.text,
  records['trace.ended'],
]);

export type TraceRecord = z.infer<typeof traceRecordSchema>;
export type RecordOf<T extends TraceRecord['type']> = Extract<TraceRecord, { type: T }>;
export type TextRef = z.infer<typeof textRefSchema>;
/** A state as XState writes it. */
export type TraceState = z.infer<typeof stateSchema>;
