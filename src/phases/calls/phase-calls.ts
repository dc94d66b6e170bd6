import { type AnyActorRef, createActor, type Snapshot } from 'xstate';
import { AgentError } from '../../errors/agent-error.ts';
import { SoarError } from '../../errors/soar-error.ts';
import { taskLogicFor } from '../../machines/task/resumed.ts';
import { usageOf } from '../../policy/usage.ts';
import type { SettledCall } from '../../run/calls.ts';
import type { StopReason, TaskReport } from '../../run/task-report.ts';
import { isOver, nowOf, parentOf, relay, type Sender } from '../../xstate/messaging.ts';
import type { PhaseAnswer, PhaseCall, PhaseControls } from '../controls.ts';
import { cachedCall, callKey, keepCall } from './call-cache.ts';
import { answerOf, callInput, callNotes, knownAnswer, type PhaseScope, settledCall } from './calls.ts';
import type { InnerEvent, PhaseCommand, PhaseNotice, PhaseReport } from './phase-events.ts';

type OpenCall = Extract<InnerEvent, { type: 'phase.call' }> & {
  actor: AnyActorRef;
  /** The call that it answers, and what its answer is kept under: see `keepCall`. */
  asked: PhaseCall;
  key: string | null;
};

type End =
  | { status: 'done'; output: unknown; error: undefined }
  | { status: 'error'; output: undefined; error: unknown };

const STOPPED: End = { status: 'done', output: undefined, error: undefined };

/** The calls of one phase: those under way, and what has become of the others. */
export class Desk {
  readonly #scope: PhaseScope | null;
  readonly #abort = new AbortController();
  readonly #live = new Map<string, OpenCall>();
  /** Every call that was made, by name. */
  readonly #made = new Map<string, PhaseCall>();
  readonly #settled: SettledCall[] = [];
  readonly #notes: string[] = [];
  /** Set when the phase said who does it. */
  #by: string | null = null;
  #end: End | null = null;
  #stop: StopReason | null = null;

  constructor(scope: PhaseScope | null) {
    this.#scope = scope;
  }

  /** View for an inspector. */
  toJSON(): object {
    return { calls: [...this.#live.keys()], settled: this.#settled.map(({ taskId }) => taskId) };
  }

  controls(sender: Sender, send: (event: InnerEvent) => void): PhaseControls {
    return {
      signal: this.#abort.signal,
      call: (call) => {
        const { promise, resolve, reject } = Promise.withResolvers<PhaseAnswer>();
        // A phase that does not wait for an answer is not a reason to end the process.
        promise.catch(() => {});
        const fault = this.#faultOf(call);
        if (fault) reject(fault);
        else send({ type: 'phase.call', call, resolve, reject });
        return promise;
      },
      note: (message, { by } = {}) => {
        if (!this.#scope || this.#end || this.#abort.signal.aborted) return;
        this.#notes.push(message);
        if (by !== undefined) this.#by = by;
        const { phase, publish } = this.#scope;
        publish({ type: 'phase.note', phase, message }, nowOf(sender.self));
      },
    };
  }

  #faultOf(call: PhaseCall): Error | null {
    const { name, prompt, agentId } = call;
    const scope = this.#scope;
    if (!scope) return new SoarError('not-supported', 'This phase runs outside of a run, and has no agent to call.');
    if (typeof name !== 'string' || name === '' || typeof prompt !== 'string') {
      const message = `Phase ${scope.phase} made a call without a name or a prompt. Expected { name, prompt, agentId }.`;
      return new SoarError('phase-failed', message);
    }
    if (this.#end) return new AgentError('cancelled', `Call ${name} came after the phase had ended.`);
    if (this.#abort.signal.aborted) return stopError(this.#stop, name);
    if (this.#made.has(name)) {
      const message = `Phase ${scope.phase} called \`${name}\` twice. Give each call of a phase a name of its own.`;
      return new SoarError('phase-failed', message);
    }
    this.#made.set(name, call);
    if (scope.services.agents.has(agentId)) return null;
    return new AgentError('not_found', `There is no agent \`${agentId}\` to call.`);
  }

  /** Asks an agent, unless the run that this one resumes has the answer, or with `cache` another run. */
  open(request: Extract<InnerEvent, { type: 'phase.call' }>, sender: Sender): void {
    const scope = this.#scope as PhaseScope;
    const { call, resolve, reject } = request;
    const known = knownAnswer(scope, call);
    if (known) {
      this.#settled.push(known);
      resolve(answerOf(known));
      return;
    }
    const agent = scope.services.agents.get(call.agentId);
    if (!agent || this.#end || this.#abort.signal.aborted) {
      reject(stopError(this.#stop, call.name));
      return;
    }
    const now = nowOf(sender.self);
    const repaired = call.repairs === undefined ? undefined : this.#made.get(call.repairs);
    // What another agent says is not an answer of the one that was asked.
    const asked = repaired?.agentId === call.agentId ? repaired : call;
    const key = callKey(scope, asked);
    const cached = asked === call ? cachedCall(scope, call, key, now) : null;
    if (cached) {
      this.#enter(cached, now, 0);
      resolve(answerOf(cached));
      return;
    }
    const input = callInput(scope, call, agent, now);
    const { policy, fallback } = input;
    for (const one of [agent, fallback]) {
      if (!one || !policy.breaker.enabled) continue;
      const ensure = { type: 'breaker.ensure', agent: one, runId: scope.runId, policy: policy.breaker } as const;
      relay(sender, scope.services.engine, ensure);
    }
    const { id } = input.task;
    const actor = createActor(taskLogicFor(input), { id, input, parent: sender.self as AnyActorRef });
    this.#live.set(id, { ...request, actor, asked, key });
    if (this.#live.size === 1) this.#notifyRun(sender, { type: 'phase.asking', phase: scope.phase });
    actor.start();
  }

  settle(taskId: string, report: TaskReport, sender: Sender): void {
    const open = this.#live.get(taskId);
    if (!open || !this.#scope) return;
    const call = settledCall(this.#scope.phase, open.call, report);
    const { status, error } = call;
    const { settledAt, durationMs } = report.outcome;
    this.#enter(call, settledAt, durationMs);
    keepCall(this.#scope, open, report);
    if (status === 'succeeded') open.resolve(answerOf(call));
    else
      open.reject(new AgentError(error?.kind ?? 'internal', error?.message ?? 'The call failed.', retryableOf(error)));
    this.#close(taskId, sender);
  }

  /** Reports an ended call to journal and streams. */
  #enter(call: SettledCall, at: number, durationMs: number): void {
    const { phase, log, publish } = this.#scope as PhaseScope;
    const { taskId, agentId, status, error, via } = call;
    log?.append({ type: 'call.settled', ...call });
    this.#settled.push(call);
    const how = via ? { via } : {};
    publish({ type: 'call.settled', phase, taskId, agentId, status, error, durationMs, ...how }, at);
  }

  /** A call's own machine broke. */
  lose(taskId: string, cause: unknown, sender: Sender): void {
    const message = `The call broke: ${cause instanceof Error ? cause.message : String(cause)}`;
    this.#live.get(taskId)?.reject(new AgentError('internal', message, { cause }));
    this.#close(taskId, sender);
  }

  #close(taskId: string, sender: Sender): void {
    if (!this.#live.delete(taskId) || this.#live.size > 0 || !this.#scope) return;
    const { phase } = this.#scope;
    this.#notifyRun(sender, { type: 'phase.idle', phase });
  }

  cancel(reason: StopReason, sender: Sender): void {
    if (this.#stop) return;
    this.#stop = { kind: reason.kind, message: reason.message };
    this.#abort.abort(new AgentError(reason.kind, reason.message));
    this.sendToCalls({ type: 'run.cancel', ...this.#stop }, sender);
  }

  sendToCalls(event: PhaseCommand, sender: Sender): void {
    for (const { actor } of [...this.#live.values()]) if (!isOver(actor)) relay(sender, actor, event);
  }

  ended(end: End, sender: Sender): void {
    if (this.#end) return;
    this.#end = end;
    const message = `Phase ${this.#scope?.phase} ended without waiting for it.`;
    this.sendToCalls({ type: 'run.cancel', kind: 'cancelled', message }, sender);
  }

  /** The phase is over once its function and all its calls are; a cancelled one, once its calls are. */
  finish<S extends Snapshot<unknown>>(snapshot: S, sender: Sender): S {
    const end = this.#stop ? STOPPED : this.#end;
    if (!end || this.#live.size > 0) return snapshot;
    if (this.#scope) {
      const { phase } = this.#scope;
      const notes = callNotes(this.#settled);
      this.#notifyRun(sender, { type: 'phase.reported', phase, report: this.#report(), notes });
    }
    return { ...snapshot, ...end } as S;
  }

  /** Its run has left, so no call matters any more. */
  abandon(stopChild: (child: AnyActorRef) => void): void {
    const error = new AgentError('cancelled', this.#stop?.message ?? 'The phase was stopped.');
    this.#abort.abort(error);
    for (const { actor, reject } of this.#live.values()) {
      stopChild(actor);
      reject(error);
    }
    this.#live.clear();
  }

  #report(): PhaseReport {
    const attempts = this.#settled.flatMap((call) => call.attempts);
    const usage = usageOf(attempts);
    const answered = this.#settled.findLast(({ status }) => status === 'succeeded');
    const cached = this.#settled.filter(({ via }) => via === 'cache').length;
    return {
      by: this.#by ?? (answered ? answerOf(answered).agentId : 'offline'),
      calls: this.#made.size,
      attempts: attempts.length,
      ...(cached > 0 ? { cached } : {}),
      ...(usage ? { usage } : {}),
      ...(this.#notes.length > 0 ? { note: this.#notes.join(' ') } : {}),
    };
  }

  #notifyRun(sender: Sender, body: PhaseNotice): void {
    const parent = parentOf(sender.self);
    if (parent && !isOver(parent)) relay(sender, parent, body);
  }
}

function stopError(stop: StopReason | null, name: string): AgentError {
  return new AgentError(
    stop?.kind ?? 'cancelled',
    stop?.message ?? `Call ${name} came when the phase had been stopped.`,
  );
}

function retryableOf(error: { retryable: boolean } | null): { retryable?: boolean } {
  return error ? { retryable: error.retryable } : {};
}
