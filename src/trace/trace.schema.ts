import * as z from 'zod';
import { ERROR_KINDS } from '../errors/error-kind.ts';

/** Version of the record format; a reader refuses a trace of a later one. */
export const TRACE_VERSION = 1;

const instant = z.number().describe('Epoch milliseconds in the clock of the run.');
const count = z.int().min(0);
const base = {
  seq: count.describe('Order of the record; rises by one, except where the redaction hook left one out.'),
  at: instant,
};

const textRefSchema = z
  .object({ ref: z.string(), chars: count })
  .describe('A text kept elsewhere: in a `text` record of the same `ref`, or in the journal.');

const errorSchema = z.object({ kind: z.enum(ERROR_KINDS), message: z.string(), retryable: z.boolean() });

const stateSchema = z
  .union([z.string(), z.record(z.string(), z.unknown())])
  .describe('A state as XState writes it: `"staggered"`, `{ "running": "active" }`.');

const dataSchema = z.record(z.string(), z.unknown()).describe('What is worth knowing about it; small, and plain JSON.');

const transitionSchema = z.object({
  key: z.string().describe('`source|event|index|guard`, unique in its machine; what `actor.moved` tells.'),
  event: z.string().describe('Empty for `always`.'),
  targets: z.array(z.string()).describe('Ids of states; empty when the state stays.'),
  guard: z.string().optional(),
  actions: z.array(z.string()).optional(),
  reenter: z.literal(true).optional(),
});

export interface ChartDefinition {
  /** Path from the machine's id, e.g. `task.fallback.running`. */
  id: string;
  key: string;
  type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history';
  /** Id of the child it begins in. */
  initial?: string;
  tags?: string[];
  entry?: string[];
  exit?: string[];
  invokes?: { id: string; src: string }[];
  transitions?: z.infer<typeof transitionSchema>[];
  states?: ChartDefinition[];
}

const chartSchema: z.ZodType<ChartDefinition> = z.object({
  id: z.string(),
  key: z.string(),
  type: z.enum(['atomic', 'compound', 'parallel', 'final', 'history']),
  initial: z.string().optional(),
  tags: z.array(z.string()).optional(),
  entry: z.array(z.string()).optional(),
  exit: z.array(z.string()).optional(),
  invokes: z.array(z.object({ id: z.string(), src: z.string() })).optional(),
  transitions: z.array(transitionSchema).optional(),
  get states() {
    return z.array(chartSchema).optional();
  },
});

const usageSchema = z.object({
  inputTokens: count.optional(),
  cachedInputTokens: count.optional(),
  outputTokens: count.optional(),
  totalTokens: count.optional(),
  costUsd: z.number().nonnegative().optional(),
});

const attemptSchema = z.object({
  n: count,
  agent: z.string(),
  startedAt: instant,
  endedAt: instant,
  result: z.enum(['succeeded', 'failed', 'rate_limited', 'cancelled', 'abandoned']),
  error: errorSchema.nullable(),
  usage: usageSchema.optional(),
});

const records = {
  'trace.started': z.object({
    type: z.literal('trace.started'),
    ...base,
    v: z.literal(TRACE_VERSION),
    trace: z.string().describe('Id of the recording; the prefix of every actor in it.'),
    mode: z.enum(['compact', 'full']),
  }),
  'machine.defined': z.object({
    type: z.literal('machine.defined'),
    ...base,
    machine: z.string().describe('Its id; made unique where two machines share one.'),
    chart: chartSchema,
  }),
  'actor.started': z.object({
    type: z.literal('actor.started'),
    ...base,
    actor: z.string().describe('Unique over all traces: `trace:session`.'),
    id: z.string().describe('Its name among its siblings; repeats, as `tasks` does in every wave.'),
    parent: z.string().nullable(),
    machine: z.string().nullable().describe('Null for logic that is no machine.'),
    src: z.string().optional(),
    run: z.string().optional(),
    task: z.string().optional(),
    phase: z
      .string()
      .optional()
      .describe('Of a call: the phase that asks. It is a task of its own, and none of the plan.'),
    agent: z.string().optional(),
    wave: count.optional(),
    state: stateSchema.optional().describe('What it begins in. Absent when it is no machine.'),
    until: instant.optional().describe('When it will be over by itself.'),
    data: dataSchema.optional(),
  }),
  'actor.moved': z.object({
    type: z.literal('actor.moved'),
    ...base,
    actor: z.string(),
    state: stateSchema,
    event: z.string(),
    keys: z.array(z.string()).describe('The transitions taken, as their machine defines them.'),
    actions: z.array(z.string()).optional().describe('Names of the actions executed; in a full recording.'),
    status: z.enum(['done', 'error', 'stopped']).optional().describe('Set when this was its last move.'),
    until: instant.optional().describe('When the state will end by itself.'),
    data: dataSchema.optional(),
  }),
  'actor.event': z.object({
    type: z.literal('actor.event'),
    ...base,
    actor: z.string(),
    event: z.string(),
    from: z.string().optional().describe('The actor that sent it.'),
    data: dataSchema.optional(),
  }),
  'actor.ended': z.object({
    type: z.literal('actor.ended'),
    ...base,
    actor: z.string(),
    status: z.enum(['done', 'error', 'stopped']),
    error: z.string().optional(),
  }),
  'run.started': z.object({
    type: z.literal('run.started'),
    ...base,
    run: z.string(),
    title: z.string().optional().describe('The question or the goal of the plan, cut to 200 characters.'),
    query: textRefSchema.optional(),
  }),
  'plan.compiled': z.object({
    type: z.literal('plan.compiled'),
    ...base,
    run: z.string(),
    goal: z.string().optional(),
    timeoutMs: z.number(),
    schedule: z.enum(['wave', 'eager']),
    waves: z.array(z.array(z.string())),
    tasks: z.array(
      z.object({
        id: z.string(),
        agent: z.string(),
        dependsOn: z.array(z.string()).optional(),
        critical: z.literal(true).optional(),
        prompt: textRefSchema,
      }),
    ),
  }),
  'phase.started': z.object({ type: z.literal('phase.started'), ...base, run: z.string(), phase: z.string() }),
  'phase.completed': z.object({
    type: z.literal('phase.completed'),
    ...base,
    run: z.string(),
    phase: z.string(),
    summary: z.string(),
    complexity: z.string().optional(),
    by: z.string().optional().describe('The agent whose answer it is made of; `offline`: no agent’s.'),
  }),
  'phase.note': z.object({
    type: z.literal('phase.note'),
    ...base,
    run: z.string(),
    phase: z.string(),
    message: z.string(),
  }),
  'call.settled': z.object({
    type: z.literal('call.settled'),
    ...base,
    run: z.string(),
    phase: z.string(),
    task: z.string(),
    agent: z.string(),
    status: z.enum(['succeeded', 'failed', 'cancelled', 'skipped']),
    error: errorSchema.nullable(),
    durationMs: z.number(),
  }),
  'task.settled': z.object({
    type: z.literal('task.settled'),
    ...base,
    run: z.string(),
    task: z.string(),
    agent: z.string(),
    status: z.enum(['succeeded', 'failed', 'cancelled', 'skipped']),
    via: z.enum(['agent', 'fallback', 'cache']).nullable(),
    wave: count,
    error: errorSchema.nullable(),
    attempts: z.array(attemptSchema),
    queuedMs: z.number(),
    startedAt: instant.nullable(),
    settledAt: instant,
    partialContext: z.literal(true).optional(),
    output: textRefSchema.optional(),
    outputTruncated: z.literal(true).optional(),
    settled: count.describe('Tasks of the run that have settled, this one included.'),
    total: count,
  }),
  'run.stopping': z.object({
    type: z.literal('run.stopping'),
    ...base,
    run: z.string(),
    kind: z.enum(ERROR_KINDS),
    reason: z.string(),
  }),
  'run.settled': z.object({
    type: z.literal('run.settled'),
    ...base,
    run: z.string(),
    status: z.enum(['succeeded', 'partial', 'failed', 'cancelled']),
    counts: z.object({ total: count, succeeded: count, failed: count, cancelled: count, skipped: count }),
    durationMs: z.number(),
    criticalPathMs: z.number(),
    peakConcurrency: count,
    usage: usageSchema.optional().describe('Of all attempts that told theirs; absent when none did.'),
    error: errorSchema.optional(),
    answer: textRefSchema.optional(),
  }),
  activity: z.object({
    type: z.literal('activity'),
    ...base,
    run: z.string(),
    task: z.string(),
    kind: z.enum(['heartbeat', 'output', 'progress']),
    message: z.string().optional(),
    done: z.number().optional(),
    total: z.number().optional(),
  }),
  warning: z.object({
    type: z.literal('warning'),
    ...base,
    run: z.string().optional(),
    task: z.string().optional(),
    message: z.string(),
  }),
  text: z.object({ type: z.literal('text'), ...base, ref: z.string(), text: z.string() }),
  'trace.ended': z.object({
    type: z.literal('trace.ended'),
    ...base,
    faults: count.describe('How often the recorder, its redaction hook or a sink failed.'),
  }),
};

/** One line of a trace. Readers should pass over keys they do not know. */
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
export type ChartTransitionDefinition = z.infer<typeof transitionSchema>;
/** A state as XState writes it. */
export type TraceState = z.infer<typeof stateSchema>;
