import type { Actor, ActorRef, AnyActorLogic, AnyEventObject, AnyMachineSnapshot } from 'xstate';
import type { Within } from './base/async-context.ts';
import type { Clock } from './base/clock.ts';
import { deepFreeze } from './base/frozen.ts';
import { microtask } from './base/microtask.ts';
import { toTaskError } from './errors/classify.ts';
import { buildMetadata } from './machines/collect/metadata.ts';
import type { Decision } from './machines/soar/events.ts';
import { NO_PLAN } from './plan/no-plan.ts';
import type { Plan } from './plan/types.ts';
import type { PreparedPlan } from './resume-run.ts';
import type { LogEntry } from './run/entries.ts';
import type { RunEvent } from './run/events.ts';
import type { RunLog } from './run/log.ts';
import type { RunResult } from './run/result.ts';
import type { RunStream } from './streams/guarded.ts';
import { guardActor } from './streams/guarded-actor.ts';
import type { RunProgress } from './streams/progress.ts';
import type { Heartbeat, RunStreams } from './streams/run-streams.ts';
import type { TaskViews } from './streams/task-views.ts';
import { isOver } from './xstate/messaging.ts';

/** A run under way. */
export interface RunHandle {
  readonly id: string;
  /** The run's own actor: `soar`, or `collect` when a plan was given; for `useSelector` and inspectors. */
  readonly actor: ActorRef<AnyMachineSnapshot, AnyEventObject>;
  /** Everything that happens, as it happens. */
  readonly events$: RunStream<RunEvent>;
  /** Where the run stands; a late subscriber gets the present state. */
  readonly progress$: RunStream<RunProgress>;
  /** The tasks of the plan by id, at most twenty states a second; a late subscriber gets the present one. */
  readonly tasks$: RunStream<TaskViews>;
  /** The latest of `tasks$`: the same object until a task changes, as `useSyncExternalStore` wants it. */
  snapshot(): TaskViews;
  /** Signs of life of running attempts, at most ten a second and task. */
  readonly heartbeats$: RunStream<Heartbeat>;
  /** Stops everything; what has finished is kept. Harmless when called again or after the end. */
  cancel(reason?: string): void;
  /**
   * Stops everything as `cancel` does, but leaves the run to be resumed: its journal keeps stopped tasks as unsettled.
   * Without a journal the same as `cancel`.
   */
  interrupt(reason?: string): void;
  /**
   * Approves the plan of a waiting run, as `plan.proposed` gave it or as edited; the new plan may
   * bring agents along. Does nothing to a run that does not wait.
   *
   * @throws SoarError `invalid-plan` with every issue; the run then waits on.
   */
  approve(plan?: Plan): void;
  /** Ends a run that waits for a person's word: as cancelled, with this reason. Does nothing to another run. */
  refuse(reason?: string): void;
  /** Never rejects: failures are part of it. Frozen; take a `structuredClone` to change it. */
  readonly result: Promise<RunResult>;
}

export function createHandle({
  runId,
  actor,
  within,
  streams,
  clock,
  resultOf,
  signal,
  log,
  prepare,
  onSettled,
}: {
  runId: string;
  actor: Actor<AnyActorLogic>;
  /** The async context of the run, wherever it is cancelled or approved. */
  within: Within;
  streams: RunStreams;
  clock: Clock;
  resultOf: (output: unknown) => RunResult;
  signal: AbortSignal | undefined;
  /** Stores the result before it is published. */
  log: RunLog | null;
  /** Compiles an edited plan, and makes its agents. Throws `invalid-plan`. */
  prepare: (plan: Plan) => PreparedPlan;
  onSettled: () => void;
}): RunHandle {
  const cancel = (reason?: unknown) => {
    if (isOver(actor)) return;
    const message = reasonText(reason, 'The run was cancelled.');
    within(() => actor.send({ type: 'run.cancel', kind: 'cancelled', message }));
  };
  const interrupt = (reason?: unknown) => {
    log?.interrupt();
    cancel(reasonText(reason, 'The run was interrupted.'));
  };
  const decide = (decision: Decision) => {
    if (!isOver(actor)) within(() => actor.send(decision));
  };
  const approve = (plan?: Plan) => {
    if (!plan) return decide({ type: 'plan.approve' });
    const { compiled, own } = prepare(plan);
    decide({ type: 'plan.approve', plan: compiled.plan, agents: own });
  };
  const refuse = (reason?: unknown) =>
    decide({ type: 'plan.refuse', reason: reasonText(reason, 'The plan was refused.') });
  const onAbort = () => cancel(signal?.reason);
  const { promise, resolve } = Promise.withResolvers<RunResult>();
  const settle = (result: RunResult) => {
    signal?.removeEventListener('abort', onAbort);
    if (!log) return publishResult(result);
    log.append(endOf(result, log, clock.now()));
    log.durable(() => publishResult(result));
  };
  const publishResult = (made: RunResult) => {
    // The event, the promise and every reader of either share it.
    const result = deepFreeze(made);
    onSettled();
    streams.publish({ type: 'run.settled', result }, clock.now());
    streams.complete();
    resolve(result);
  };
  actor.subscribe({
    complete: () => {
      const { output } = actor.getSnapshot() as { output: unknown };
      settle(output === undefined ? failedResult(runId, new Error('The run was stopped.'), clock) : resultOf(output));
    },
    error: (error) => settle(failedResult(runId, error, clock)),
  });
  guardActor(actor, streams.onFault);
  if (signal?.aborted) microtask(onAbort);
  else signal?.addEventListener('abort', onAbort, { once: true });
  const { events$, progress$, heartbeats$, tasks$, snapshot } = streams;
  const watched = { events$, progress$, heartbeats$, tasks$, snapshot };
  return { id: runId, actor, ...watched, cancel, interrupt, approve, refuse, result: promise };
}

/** Journal record of a run's end. */
function endOf({ outcomes: _, ...result }: RunResult, log: RunLog, at: number): LogEntry {
  const isOver = !log.isInterrupted || result.status !== 'cancelled';
  if (isOver) return { type: 'run.settled', at, result };
  return { type: 'run.interrupted', at, reason: result.error?.message ?? '' };
}

/** A reason is kept as a text: of the error of a signal its message, of a button's event nothing. */
function reasonText(reason: unknown, otherwise: string): string {
  const text = reason instanceof Error ? reason.message : reason;
  return typeof text === 'string' && text !== '' ? text : otherwise;
}

/** A run whose own actor broke: the last resort, so that `result` never rejects. */
function failedResult(runId: string, thrown: unknown, clock: Clock): RunResult {
  const { kind, message } = toTaskError(thrown, clock.now());
  const now = clock.now();
  const metadata = buildMetadata(NO_PLAN, [], { startedAt: now, endedAt: now, peakConcurrency: 0, breakers: {} });
  return { runId, status: 'failed', outcomes: [], metadata, error: { kind, message, retryable: false } };
}
