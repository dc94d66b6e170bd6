import * as z from 'zod';
import type { RunEvent } from '../src/run/events.ts';
import type { RunResult } from '../src/run/result.ts';
import { TASK_STATES } from '../src/run/task-states.ts';
import { WAITS } from '../src/run/wait.ts';
import { ERROR_KINDS } from '../src/types/error-kind.ts';

const id = z.string();
const count = z.int().nonnegative();
const instant = z.number().describe('Epoch milliseconds in the clock of the run.');
const ms = z.number().describe('Milliseconds.');
const kind = z.enum(ERROR_KINDS);
const error = z.object({ kind, message: z.string(), retryable: z.boolean() });
const taskStatus = z.enum(['succeeded', 'failed', 'cancelled', 'skipped']);
const phaseName = z.enum(['assess', 'retrieve', 'decompose', 'route', 'collect', 'synthesize']);
const complexity = z.enum(['simple', 'medium', 'complex', 'critical']);
const plan = z
  .looseObject({ tasks: z.array(z.looseObject({ id, prompt: z.string() })) })
  .describe('See plan.schema.json.');
const match = z.object({
  taskId: id,
  agentId: id,
  quality: z.enum(['excellent', 'acceptable', 'insufficient']),
  reason: z.string(),
});
const usage = z.object({
  inputTokens: z.number().optional(),
  cachedInputTokens: z.number().optional(),
  outputTokens: z.number().optional(),
  totalTokens: z.number().optional(),
  costUsd: z.number().optional(),
});
const attempt = z.object({
  n: count.describe('Counts every execution of the task, from 1.'),
  agentId: id,
  key: z.string().describe('Unique; `SOAR_ATTEMPT_KEY` of its process.'),
  startedAt: instant,
  endedAt: instant,
  result: z.enum(['succeeded', 'failed', 'rate_limited', 'cancelled', 'abandoned']),
  error: z.nullable(error),
  usage: usage.optional(),
  session: z.string().optional(),
});
const outcome = z.object({
  taskId: id,
  agentId: id.describe('The agent the task was routed to, also after a fallback.'),
  status: taskStatus,
  via: z.nullable(z.enum(['agent', 'fallback', 'cache'])),
  output: z.string(),
  outputTruncated: z.boolean(),
  data: z.unknown().optional().describe('Structured part of the answer.'),
  error: z.nullable(error),
  attempts: z.array(attempt),
  wave: count,
  partialContext: z.boolean(),
  queuedMs: ms,
  startedAt: z.nullable(instant),
  settledAt: instant,
  durationMs: ms,
});
const breaker = z.object({
  state: z.enum(['closed', 'open', 'halfOpen']),
  failures: count,
  opened: count,
  halfOpened: count,
  closed: count,
  rejected: count,
});
const phaseRecord = z.object({
  phase: phaseName.exclude(['collect']),
  by: z.string().describe('Id of the agent, or `offline`.'),
  calls: count,
  attempts: count,
  cached: count.optional(),
  durationMs: ms,
  usage: usage.optional(),
  note: z.string().optional(),
});
const metadata = z.object({
  totalTasks: count,
  succeeded: count,
  failed: count,
  cancelled: count,
  skipped: count,
  waves: z.array(z.array(id)).describe('Task ids by wave.'),
  fallbackCount: count,
  retriedTasks: z.array(z.object({ taskId: id, agentId: id, retries: count })),
  circuitBlocked: z.array(z.object({ taskId: id, agentId: id, reason: z.string() })),
  earlyTerminations: z.array(z.object({ taskId: id, agentId: id, kind, reason: z.string(), detectedMs: ms })),
  breakers: z.record(id, breaker),
  rateLimits: z.array(z.object({ agentId: id, taskId: id, resumeAt: instant })),
  heartbeats: z.array(z.object({ taskId: id, agentId: id, events: count, longestSilenceMs: ms })),
  phases: z.array(phaseRecord),
  cacheHits: count,
  usage: z.object({
    inputTokens: z.number(),
    outputTokens: z.number(),
    totalTokens: z.number(),
    costUsd: z.number().optional(),
  }),
  peakConcurrency: count,
  totalDurationMs: ms,
  criticalPathMs: ms,
});
const result = z.object({
  runId: id,
  status: z.enum(['succeeded', 'partial', 'failed', 'cancelled']),
  outcomes: z.array(outcome).describe('In plan order; every task of the plan exactly once.'),
  metadata,
  error: error.optional(),
  query: z.string().optional(),
  complexity: complexity.optional(),
  plan: plan.optional(),
  answer: z.string().optional(),
  confidence: z.number().optional(),
  sources: z.array(z.object({ taskId: id, path: z.string(), startLine: count, endLine: count })).optional(),
});

const base = { at: instant, runId: id };
const ofPhase = { phase: phaseName.optional().describe('Set for a call of a phase, which is not a task of the plan.') };
const ofTask = { ...base, taskId: id, agentId: id, ...ofPhase };
const event = z.discriminatedUnion('type', [
  z.object({ type: z.literal('run.started'), ...base, query: z.string().optional(), goal: z.string().optional() }),
  z.object({ type: z.literal('phase.started'), ...base, phase: phaseName }),
  z.object({
    type: z.literal('phase.completed'),
    ...base,
    phase: phaseName,
    summary: z.string(),
    complexity: complexity.optional(),
    by: z.string().optional(),
    cached: count.optional(),
  }),
  z.object({ type: z.literal('phase.note'), ...base, phase: phaseName, message: z.string() }),
  z.object({ type: z.literal('plan.proposed'), ...base, plan, matches: z.array(match) }),
  z.object({ type: z.literal('plan.faulty'), ...base, message: z.string() }),
  z.object({ type: z.literal('plan.approved'), ...base, edited: z.boolean() }),
  z.object({ type: z.literal('plan.compiled'), ...base, waves: z.array(z.array(id)), timeoutMs: ms }),
  z.object({ type: z.literal('wave.started'), ...base, wave: count, tasks: count }),
  z.object({ type: z.literal('wave.settled'), ...base, wave: count, succeeded: count, failed: count, partial: count }),
  z.object({
    type: z.literal('task.state'),
    ...ofTask,
    wave: count,
    state: z.enum(TASK_STATES),
    waitingFor: z.enum(WAITS).optional().describe('Code of the wait.'),
    reason: z.string().optional().describe('The wait in words, without its subject.'),
    until: instant.optional().describe('When the state ends by itself, epoch milliseconds.'),
  }),
  z.object({ type: z.literal('attempt.started'), ...ofTask, attempt: count, key: z.string() }),
  attempt.extend({ type: z.literal('attempt.ended'), ...ofTask }),
  z.object({
    type: z.literal('attempt.output'),
    ...ofTask,
    stream: z.enum(['stdout', 'stderr']),
    text: z.string(),
  }),
  z.object({ type: z.literal('attempt.heartbeat'), ...ofTask }),
  z.object({
    type: z.literal('attempt.progress'),
    ...ofTask,
    done: z.number().optional(),
    total: z.number().optional(),
    message: z.string().optional(),
  }),
  z.object({ type: z.literal('task.settled'), ...base, outcome, settled: count, total: count }),
  z.object({
    type: z.literal('call.settled'),
    ...base,
    phase: phaseName,
    taskId: id,
    agentId: id,
    status: taskStatus,
    via: z.literal('cache').optional(),
    error: z.nullable(error),
    durationMs: ms,
  }),
  z.object({ type: z.literal('run.stopping'), ...base, kind, reason: z.string() }),
  z.object({ type: z.literal('run.settled'), ...base, result }),
  z.object({ type: z.literal('warning'), ...base, message: z.string(), taskId: id.optional(), ...ofPhase }),
]);

/** Makes a JSON Schema of draft 2020-12. Unknown keys are allowed: later versions may add some. */
function published(name: string, title: string, description: string, schema: z.ZodType): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return { $schema, $id: `urn:soar-machine:${name}`, title, description, ...rest };
}

/** JSON Schema of the result of a run, as `--json` prints it. */
export const resultJsonSchema = (): Record<string, unknown> =>
  published('result', 'soar-machine result', 'What a run came to: the result of `soar run --json`.', result);

/** JSON Schema of an event of a run, as `--jsonl` prints one a line. */
export const eventJsonSchema = (): Record<string, unknown> =>
  published('event', 'soar-machine event', 'An event of a run: a line of `soar run --jsonl`.', event);

type Event = z.infer<typeof event>;
type Keys<T> = T extends unknown ? keyof T : never;
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;

/** Fails to compile when an event, or a field of one, is missing here or made up. */
export const EVENTS_ARE_WHOLE: Same<Event['type'], RunEvent['type']> & Same<Keys<Event>, Keys<RunEvent>> = true;
/** The same for the result. */
export const RESULT_IS_WHOLE: Same<keyof z.infer<typeof result>, keyof RunResult> = true;
