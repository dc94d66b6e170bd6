import type { RunEventBody } from '../../run/events.ts';
import type { ParkedTask } from '../../run/parked-task.ts';
import type { TaskState } from '../../run/task-states.ts';
import type { Wait } from '../../run/wait.ts';
import { type Addressee, nowOf, parentOf, send } from '../../xstate/messaging.ts';
import type { BreakerEvent } from '../breaker/events.ts';
import { isOnFallback } from './after-failure.ts';
import type { TaskContext, TaskEvent } from './events.ts';
import * as logic from './logic.ts';

/** Arguments of an action of the task's chart. */
export type Args = { context: TaskContext; event: TaskEvent; self: unknown; system: unknown };

function request(args: Args, agent: TaskContext['attemptAgent']): void {
  const { context, self, system } = args;
  const wish = logic.startRequest(context, agent, self as Addressee<TaskEvent>);
  send({ self, system }, context.input.services.gate, wish);
}

function publishState({ context, self }: Args, state: TaskState, more?: Partial<Wait> | null): void {
  const { task, agent, publish } = context.input;
  const body: RunEventBody = { type: 'task.state', taskId: task.id, agentId: agent.id, wave: task.wave, state };
  publish(more ? { ...body, ...more } : body, nowOf(self));
}

/** Why a start of the agent would wait at the gate. */
function startWait({ context }: Args, agent: TaskContext['attemptAgent']): Wait | null {
  const { services, runId } = context.input;
  return services.waitOf?.(agent, runId) ?? null;
}

/** Records where a task waits, so that it waits there again in a run that is resumed. */
function park({ context }: Args, state: ParkedTask['state']): void {
  const { log, task } = context.input;
  log?.append({ type: 'task.parked', taskId: task.id, ...logic.parked(context, state) });
}

const runningState = ({ attemptAgent, input }: TaskContext): TaskState =>
  attemptAgent === input.agent ? 'running' : 'fallback.running';

/** Says that the task now waits in the gate, or no longer does; its wave admits others by that. */
function sendToParent(args: Args, type: 'task.queued' | 'task.dequeued'): void {
  if (args.context.input.alone) return;
  const parent = parentOf(args.self);
  if (parent) send(args, parent, { type, taskId: args.context.input.task.id });
}

export function requestStart(args: Args): void {
  const { agent } = args.context.input;
  publishState(args, 'staggered', startWait(args, agent));
  request(args, agent);
}

export function requestFallback(args: Args): void {
  const agent = args.context.fallback ?? args.context.input.agent;
  park(args, 'fallback');
  publishState(args, 'fallback.waiting', startWait(args, agent));
  request(args, agent);
}

export function withdraw(args: Args): void {
  const requestId = logic.requestId(args.context);
  send(args, args.context.input.services.gate, { type: 'start.withdraw', requestId });
}

export function startAttempt(args: Args): void {
  const { context, self } = args;
  const spec = logic.attemptSpec(context, self as Addressee<TaskEvent>);
  publishState(args, runningState(context));
  send(args, context.input.services.executor, { type: 'attempt.start', spec });
}

export function stopAttempt(args: Args): void {
  const attemptId = logic.attemptId(args.context);
  const { message: reason } = args.event as Extract<TaskEvent, { type: 'run.cancel' }>;
  send(args, args.context.input.services.executor, { type: 'attempt.stop', attemptId, kind: 'cancelled', reason });
}

/** The breaker of the agent whose turn it is. */
function sendToBreaker(args: Args, event: BreakerEvent): void {
  const { attemptAgent, input } = args.context;
  send(args, input.services.breakerOf(attemptAgent, input.runId), event);
}

export function joinBreaker(args: Args): void {
  if (!isOnFallback(args.context)) park(args, 'circuitOpen');
  const waiterId = logic.taskKey(args.context);
  sendToBreaker(args, { type: 'permit.await', waiterId, followsProbes: true, ref: args.self as Addressee<TaskEvent> });
}

export function leaveBreaker(args: Args): void {
  if (args.context.waits.refusals === 0) return;
  sendToBreaker(args, { type: 'permit.forgo', waiterId: logic.taskKey(args.context) });
}

export function enterQueue(args: Args): void {
  sendToParent(args, 'task.queued');
}

export function leaveQueue(args: Args): void {
  sendToParent(args, 'task.dequeued');
}

export function announceResumed(args: Args): void {
  publishState(args, runningState(args.context));
}

export function announce(args: Args, { state }: { state: TaskState }): void {
  publishState(args, state);
}

export function announceCooling(args: Args): void {
  const { attemptAgent, waits } = args.context;
  park(args, 'cooling');
  const reason = `waits until ${attemptAgent.provider} may be used again after a rate limit`;
  publishState(args, 'cooling', { waitingFor: 'cooling', reason, until: waits.until });
}

export function announceRefusal(args: Args): void {
  const { attemptAgent, waits } = args.context;
  const reason = `is refused, as the circuit of ${attemptAgent.id} is open`;
  publishState(args, 'circuitOpen', { waitingFor: 'circuit', reason, until: waits.until });
}

export function announceRetry(args: Args): void {
  const { until, reason } = args.context.waits;
  park(args, isOnFallback(args.context) ? 'fallback' : 'retrying');
  const why = reason ?? 'waits before its next attempt';
  publishState(args, 'retrying', { waitingFor: 'backoff', reason: why, until });
}

export function announceVerdict(args: Args): void {
  const { attemptAgent } = args.context;
  park(args, isOnFallback(args.context) ? 'fallback' : 'staggered');
  const reason = `waits for another attempt of ${attemptAgent.id}, which shows whether its login is valid`;
  publishState(args, 'retrying', { waitingFor: 'circuit', reason });
}

/** Reports a failure that was neutral until it was judged. */
export function blameAgent(args: Args): void {
  const { permitId } = args.context;
  if (permitId === null) return;
  sendToBreaker(args, { type: 'permit.return', permitId, result: 'failure', kind: 'auth', at: nowOf(args.self) });
}

export function announceProbe(args: Args): void {
  const { attemptAgent, waits } = args.context;
  const reason = `waits for the attempt that tests whether ${attemptAgent.id} works again`;
  publishState(args, 'circuitOpen', { waitingFor: 'circuit', reason, until: waits.until });
}
