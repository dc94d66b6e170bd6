import type { BreakerContext } from '../machines/breaker/machine.ts';
import type { CollectContext } from '../machines/collect/setup.ts';
import type { GateContext } from '../machines/gate/machine.ts';
import type { SoarContext } from '../machines/soar/events.ts';
import type { TaskContext, TaskEvent } from '../machines/task/events.ts';
import type { WaveContext } from '../machines/wave/machine.ts';
import type { Texts } from './texts.ts';
import type { RecordOf, TraceState } from './trace.schema.ts';

type Started = Pick<RecordOf<'actor.started'>, 'runId' | 'taskId' | 'phase' | 'agentId' | 'wave' | 'until' | 'data'>;
type Moved = Pick<RecordOf<'actor.moved'>, 'until' | 'data'>;

/** Details of a machine that a recorder adds to its states. */
export interface Describer {
  started?(context: unknown, texts: Texts): Started;
  /** `isAlways`: the event was described with the move before. */
  moved?(context: unknown, state: TraceState, event: { type: string }, isAlways: boolean, texts: Texts): Moved;
  /** Whether compact recordings leave a move out: into a state that takes no time, say. */
  isMinor?(state: TraceState, last: unknown): boolean;
  plan?(context: unknown, texts: Texts): Omit<RecordOf<'plan.compiled'>, 'type' | 'seq' | 'at'> | null;
}

const TIMED: ReadonlySet<string> = new Set(['retrying', 'cooling', 'circuitOpen']);

const task: Describer = {
  started: (context, texts) => {
    const { input, fallback } = context as TaskContext;
    const { runId, task: own, agent, prepared, readyAt, phase } = input;
    const request = prepared.prompt && texts.refer(`request/${runId}/${own.id}`, prepared.prompt);
    const data: NonNullable<Started['data']> = { readyAt };
    if (request) data.request = request;
    if (fallback) data.fallback = fallback.id;
    const described = { runId, taskId: own.id, agentId: agent.id, wave: own.wave, data };
    return phase === undefined ? described : { ...described, phase };
  },
  moved: (context, state, event, isAlways, texts) => {
    const given = context as TaskContext;
    const top = typeof state === 'string' ? state : Object.keys(state)[0];
    const data = isAlways ? undefined : taskData(given, event as TaskEvent, texts);
    return top !== undefined && TIMED.has(top) ? { until: given.waits.until, data } : { data };
  },
};

function taskData(context: TaskContext, event: TaskEvent, texts: Texts): Moved['data'] {
  switch (event.type) {
    case 'start.granted':
      return { attempt: context.attempt, agentId: context.attemptAgent.id };
    case 'start.refused':
      return { cause: event.cause, reason: texts.line(event.reason) };
    case 'attempt.stopping':
      return { attempt: context.attempt, kind: event.kind, reason: texts.line(event.reason) };
    case 'run.cancel':
    case 'task.skip':
      return { kind: event.kind, reason: texts.line(event.message) };
    case 'attempt.ended': {
      const { status, error, output, usage, retryAt } = event.result;
      const { runId, task: own } = context.input;
      // Made step by step: of ten thousand tasks that succeed, spreads of nothing are a good part of the cost.
      const data: NonNullable<Moved['data']> = { attempt: context.attempt, result: status };
      if (error) data.error = { ...error, message: texts.line(error.message) };
      if (status !== 'succeeded' && output !== '') {
        data.output = texts.refer(`output/${runId}/${own.id}/${context.attempt}`, output);
      }
      if (usage) data.usage = usage;
      if (retryAt !== null) data.retryAt = retryAt;
      return data;
    }
    default:
      return undefined;
  }
}

/** By the id of the machine. A machine of a user's with such an id and another context is described without these. */
export const DESCRIBERS: Readonly<Record<string, Describer>> = {
  task,
  collect: {
    started: (context) => {
      const { run } = context as CollectContext;
      return { runId: run.runId, until: run.limit.deadlineAt };
    },
    plan: describePlan,
  },
  soar: { started: (context) => ({ runId: (context as SoarContext).runId }) },
  wave: {
    started: (context) => {
      const { wave, tasks } = context as WaveContext;
      return { wave, data: { tasks: tasks.length } };
    },
  },
  breaker: {
    started: (context) => {
      const { agentId, runId } = context as BreakerContext;
      return runId === null ? { agentId } : { agentId, runId };
    },
    moved: (context, state) => {
      const { failures, retryAt, metrics } = context as BreakerContext;
      const data = { failures: failures.length, rejected: metrics.rejected };
      return state === 'open' ? { until: retryAt, data } : { data };
    },
  },
  gate: {
    // Deciding and asking the breaker take no time, and happen at every start and every end.
    isMinor: (state, last) => state === 'deciding' || state === 'asking' || (state === 'idle' && last === 'idle'),
    moved: (context, state) => {
      const { ledger } = context as GateContext;
      const data = { waiting: ledger.waiting, out: ledger.leases.size };
      return state === 'pacing' && ledger.decision.do === 'pace' ? { until: ledger.decision.at, data } : { data };
    },
  },
};

/** The plan of a collect machine; null when it could not be compiled. */
function describePlan(context: unknown, texts: Texts): ReturnType<NonNullable<Describer['plan']>> {
  const { run } = context as CollectContext;
  if (run.fault) return null;
  const { plan, runId, limit, settings } = run;
  return {
    runId,
    ...(plan.goal === undefined ? undefined : { goal: texts.line(plan.goal) }),
    timeoutMs: limit.timeoutMs,
    schedule: settings.schedule,
    waves: plan.waves.map((wave) => wave.map(({ id }) => id)),
    tasks: plan.tasks.map(({ id, agent, dependsOn, critical, prompt }) => ({
      id,
      agent,
      ...(dependsOn.length > 0 ? { dependsOn: [...dependsOn] } : undefined),
      ...(critical ? { critical: true as const } : undefined),
      prompt: texts.refer(`prompt/${runId}/${id}`, prompt),
    })),
  };
}
