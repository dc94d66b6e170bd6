import { type Attributes, context, type HrTime, type Meter, metrics, type Tracer, trace } from '@opentelemetry/api';
import { elapsedMs } from '../../base/clock.ts';
import type { Usage } from '../../types/usage.ts';
import { stateText } from '../replay/tracks.ts';
import type { TraceSink } from '../sink.ts';
import type { RecordOf, TraceRecord } from '../trace.schema.ts';
import { type Instruments, instrumentsOf } from './otel-metrics.ts';
import { OpenSpans } from './otel-spans.ts';

export interface OtelSinkOptions {
  /** Default: the global provider's tracer `soar-machine`. */
  tracer?: Tracer;
  /** Default: the global provider's meter `soar-machine`. */
  meter?: Meter;
}

interface Waiting {
  taskId: string;
  runId: string;
  agentId: string;
  /** Since when it waits in the gate; null while it does not. */
  queuedSince: number | null;
}

/**
 * Reports runs to OpenTelemetry: a span for the run, its phases, its tasks and every attempt, named and attributed by the
 * GenAI conventions (`invoke_workflow`, `invoke_agent`), and counts of attempts, retries, breaker changes and time spent
 * in the queue. A run's span is a child of the span that was active where the run was started; where none was, of the one
 * that was active when the sink was made. The span of an attempt is the active one while its agent works.
 *
 * @example
 * createSoar({ agents, trace: [otelSink()] });
 */
export function otelSink({ tracer, meter }: OtelSinkOptions = {}): TraceSink {
  const spans = new OpenSpans(tracer ?? trace.getTracer('soar-machine'), context.active());
  const instruments = instrumentsOf(meter ?? metrics.getMeter('soar-machine'));
  const tasks = new Map<string, Waiting>();
  const breakers = new Map<string, string>();

  function moved(record: RecordOf<'actor.moved'>): void {
    const breaker = breakers.get(record.actor);
    if (breaker !== undefined) {
      const state = stateText(record.state).split('.')[0] as string;
      instruments.breakerChanges.add(1, { 'gen_ai.agent.id': breaker, 'soar.breaker.state': state });
      return;
    }
    const task = tasks.get(record.actor);
    if (!task) return;
    if (record.event === 'attempt.ended' && record.data?.result !== undefined)
      attemptEnded(record, task, spans, instruments);
    taskMoved(record, task, spans, instruments);
    if (record.status) tasks.delete(record.actor);
  }

  return {
    mode: 'compact',
    around: ({ runId, taskId }, call) => spans.within(`attempt/task/${runId}/${taskId}`, call),
    write(record: TraceRecord) {
      switch (record.type) {
        case 'run.started':
          spans.start(`run/${record.runId}`, null, 'invoke_workflow soar-machine', timeOf(record.at), {
            'gen_ai.operation.name': 'invoke_workflow',
            'gen_ai.workflow.name': 'soar-machine',
            'gen_ai.conversation.id': record.runId,
            'soar.run.id': record.runId,
          });
          break;
        case 'phase.started':
          startPhase(spans, record.runId, record.phase, record.at);
          break;
        case 'phase.completed':
          spans.end(`phase/${record.runId}/${record.phase}`, timeOf(record.at));
          break;
        case 'plan.compiled':
          if (!spans.has(`phase/${record.runId}/collect`)) startPhase(spans, record.runId, 'collect', record.at);
          break;
        case 'actor.started':
          if (record.machine === 'breaker' && record.agentId !== undefined) breakers.set(record.actor, record.agentId);
          else if (record.taskId !== undefined && record.runId !== undefined) {
            const { taskId, runId, agentId = '', wave = 1, at, phase } = record;
            tasks.set(record.actor, { taskId, runId, agentId, queuedSince: at });
            startTask(spans, { taskId, runId, agentId, wave, at, ...(phase === undefined ? {} : { phase }) });
          }
          break;
        case 'actor.moved':
          moved(record);
          break;
        case 'actor.ended':
          tasks.delete(record.actor);
          breakers.delete(record.actor);
          break;
        case 'task.settled':
          taskSettled(record, spans, instruments);
          break;
        case 'call.settled': {
          const { runId, taskId, status, error, at } = record;
          const failure = status === 'failed' ? error : null;
          spans.end(`task/${runId}/${taskId}`, timeOf(at), { 'soar.task.status': status }, failure);
          break;
        }
        case 'run.settled': {
          const { runId, status, counts, at, error, usage } = record;
          spans.end(`phase/${runId}/collect`, timeOf(at));
          // Names of our own: the conventions' stand at the attempts, and a sum over them must not count twice.
          const attributes: Attributes = {
            'soar.run.status': status,
            ...optional('soar.usage.input_tokens', usage?.inputTokens),
            ...optional('soar.usage.output_tokens', usage?.outputTokens),
            ...optional('soar.usage.cost_usd', usage?.costUsd),
          };
          for (const [name, count] of Object.entries(counts)) attributes[`soar.tasks.${name}`] = count;
          const failure = status === 'failed' ? (error ?? { kind: 'internal', message: 'Tasks failed.' }) : null;
          spans.end(`run/${runId}`, timeOf(at), attributes, failure);
          instruments.runDuration.record(record.durationMs / 1000, {
            'gen_ai.workflow.name': 'soar-machine',
            ...(failure ? { 'error.type': failure.kind } : {}),
          });
          break;
        }
        case 'trace.ended':
          spans.endAll(timeOf(record.at));
          break;
      }
    },
  };
}

function optional(name: string, value: number | undefined): Attributes {
  return value === undefined ? {} : { [name]: value };
}

/** An instant as OpenTelemetry cannot misread it: it takes small numbers for something else. */
function timeOf(at: number): HrTime {
  const seconds = Math.floor(at / 1000);
  return [seconds, Math.round((at - seconds * 1000) * 1e6)];
}

function startPhase(spans: OpenSpans, runId: string, phase: string, at: number): void {
  spans.start(`phase/${runId}/${phase}`, `run/${runId}`, `phase ${phase}`, timeOf(at), {
    'soar.run.id': runId,
    'soar.phase': phase,
  });
}

interface StartedTask {
  taskId: string;
  runId: string;
  agentId: string;
  wave: number;
  /** The phase it is asked for. Default `collect`: it is a task of the plan. */
  phase?: string;
  at: number;
}

function startTask(spans: OpenSpans, { taskId, runId, agentId, wave, at, phase = 'collect' }: StartedTask): void {
  spans.start(`task/${runId}/${taskId}`, `phase/${runId}/${phase}`, `task ${taskId}`, timeOf(at), {
    'soar.run.id': runId,
    'soar.task.id': taskId,
    'soar.task.wave': wave,
    'gen_ai.agent.id': agentId,
  });
}

function taskMoved(record: RecordOf<'actor.moved'>, task: Waiting, spans: OpenSpans, instruments: Instruments): void {
  const { at, data, until } = record;
  const state = stateText(record.state);
  const span = `task/${task.runId}/${task.taskId}`;
  const [top] = state.split('.');
  if (record.event === 'start.granted' && typeof data?.attempt === 'number') {
    const agentId = String(data.agentId ?? task.agentId);
    const waited = elapsedMs(task.queuedSince ?? at, at) / 1000;
    instruments.queueTime.record(waited, { 'gen_ai.agent.id': agentId });
    task.queuedSince = null;
    spans.start(`attempt/${span}`, span, `invoke_agent ${agentId}`, timeOf(at), {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.id': agentId,
      'gen_ai.agent.name': agentId,
      'gen_ai.conversation.id': task.runId,
      'soar.run.id': task.runId,
      'soar.task.id': task.taskId,
      'soar.attempt': data.attempt,
    });
    return;
  }
  if (top === 'retrying') instruments.retries.add(1, { 'gen_ai.agent.id': task.agentId });
  if (top === 'staggered' || state === 'fallback.waiting') task.queuedSince = at;
  if (state !== 'done') spans.note(span, state, timeOf(at), until === undefined ? {} : { 'soar.until': until });
}

function attemptEnded(
  { data = {}, at }: RecordOf<'actor.moved'>,
  task: Waiting,
  spans: OpenSpans,
  instruments: Instruments,
): void {
  const id = `attempt/task/${task.runId}/${task.taskId}`;
  const error = data.error as { kind: string; message: string } | undefined;
  const usage = data.usage as Usage | undefined;
  const ended = spans.end(
    id,
    timeOf(at),
    {
      'soar.attempt.result': String(data.result),
      ...optional('gen_ai.usage.input_tokens', usage?.inputTokens),
      ...optional('gen_ai.usage.cache_read.input_tokens', usage?.cachedInputTokens),
      ...optional('gen_ai.usage.output_tokens', usage?.outputTokens),
      ...optional('soar.usage.cost_usd', usage?.costUsd),
    },
    error ?? null,
  );
  if (!ended) return;
  const agent = { 'gen_ai.agent.id': String(ended.attributes['gen_ai.agent.id']) };
  const operation = {
    ...agent,
    'gen_ai.agent.name': agent['gen_ai.agent.id'],
    'gen_ai.operation.name': 'invoke_agent',
    ...(error ? { 'error.type': error.kind } : {}),
  };
  instruments.attempts.add(1, { ...agent, 'soar.attempt.result': String(data.result) });
  instruments.duration.record(Math.max(0, at / 1000 - (ended.start[0] + ended.start[1] / 1e9)), operation);
  for (const [type, tokens] of [
    ['input', usage?.inputTokens],
    ['output', usage?.outputTokens],
  ] as const) {
    if (tokens !== undefined) instruments.tokens.record(tokens, { ...operation, 'gen_ai.token.type': type });
  }
}

function taskSettled(record: RecordOf<'task.settled'>, spans: OpenSpans, instruments: Instruments): void {
  const { runId, taskId, agentId, wave, at, status, via, error, attempts } = record;
  const id = `task/${runId}/${taskId}`;
  // A task that was never admitted has no actor; its span shows that, and why, it was passed over.
  if (!spans.has(id)) startTask(spans, { runId, taskId, agentId, wave, at });
  instruments.tasks.add(1, { 'soar.task.status': status });
  const attributes: Attributes = { 'soar.task.status': status, 'soar.task.attempts': attempts.length };
  if (via) attributes['soar.task.via'] = via;
  spans.end(id, timeOf(at), attributes, status === 'failed' ? error : null);
}
