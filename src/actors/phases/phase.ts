import { type ActorLogic, type AnyActorRef, createActor, type EventObject, type Snapshot } from 'xstate';
import { AgentError } from '../../errors/agent-error.ts';
import { SoarError } from '../../errors/soar-error.ts';
import type { StopReason, TaskReport } from '../../machines/task/events.ts';
import { taskLogicFor } from '../../machines/task/resumed.ts';
import type { PhaseRecord } from '../../types.ts';
import { isOver, nowOf, relay, type Sender } from '../scope.ts';
import { answerOf, callInput, knownAnswer, type PhaseScope, type SettledCall, settledCall, usageOf } from './calls.ts';
import type { PhaseAnswer, PhaseCall, PhaseControls } from './controls.ts';
import type { Phase } from './types.ts';

/** What a phase's actor gets: what the phase works on, and the run it asks agents in. */
export type PhaseInput<I> = I & { scope?: PhaseScope };

/** What a phase's actor is told from outside. */
export type PhaseCommand =
  /** Stop what is asked; it ends when that has ended, whatever its function does. */
  | ({ type: 'run.cancel' } & StopReason)
  /** Whatever waits to be asked is not asked any more. */
  | ({ type: 'task.skip' } & StopReason);

/** What a phase's actor tells its run. */
export type PhaseNews =
  /** A first call is under way: from now on the actor must not be stopped. */
  | { type: 'phase.asking'; phase: PhaseRecord['phase'] }
  /** No call is under way any more. */
  | { type: 'phase.idle'; phase: PhaseRecord['phase'] }
  /** How it was done; told before its end. */
  | { type: 'phase.reported'; phase: PhaseRecord['phase']; report: PhaseReport };

export type PhaseReport = Omit<PhaseRecord, 'phase' | 'durationMs'>;

/** What the phase's own doing tells its actor. */
type InnerEvent =
  | { type: 'phase.call'; call: PhaseCall; resolve: (answer: PhaseAnswer) => void; reject: (error: Error) => void }
  | { type: 'phase.returned'; output: unknown }
  | { type: 'phase.threw'; error: unknown };

type OpenCall = Extract<InnerEvent, { type: 'phase.call' }> & { actor: AnyActorRef };

export type PhaseSnapshot<O> = Snapshot<O> & { output: O | undefined; desk: Desk };

export interface PhaseLogic<I, O> extends ActorLogic<PhaseSnapshot<O>, EventObject, PhaseInput<I>> {}

/**
 * A phase as an actor: runs the function, and every agent that it calls is a task machine of its own under it, with all that a
 * task goes through. It ends when the function has ended *and* no call is under way; whatever the function did not wait
 * for is told to stop.
 */
export function phaseLogic<I, O>(run: Phase<I, O>): PhaseLogic<I, O> {
  return {
    getInitialSnapshot: (_, input) => {
      const desk = new Desk(input.scope ?? null);
      return { status: 'active', output: undefined, error: undefined, input, desk } as PhaseSnapshot<O>;
    },
    start: (snapshot, scope) => {
      const { input, desk } = snapshot as PhaseSnapshot<O> & { input: PhaseInput<I> };
      const { scope: _, ...own } = input;
      const tell = (event: InnerEvent) => {
        if (!isOver(scope.self)) relay(scope, scope.self as AnyActorRef, event);
      };
      const controls = desk.controls(scope, tell);
      // In a turn of its own: the gate must have heard of the run, and what bounds it, before anything is asked.
      Promise.resolve()
        .then(() => {
          controls.signal.throwIfAborted();
          return run(own as I, controls);
        })
        .then(
          (output) => tell({ type: 'phase.returned', output }),
          (error) => tell({ type: 'phase.threw', error }),
        );
    },
    transition: (snapshot, event, scope) => {
      const { desk } = snapshot;
      const told = event as PhaseCommand | InnerEvent | { type: 'xstate.stop' };
      switch (told.type) {
        case 'phase.call':
          desk.open(told, scope);
          return snapshot;
        case 'run.cancel':
          desk.cancel(told, scope);
          return desk.finish(snapshot, scope);
        case 'task.skip':
          desk.tellCalls(told, scope);
          return snapshot;
        case 'phase.returned':
          desk.ended({ status: 'done', output: told.output, error: undefined }, scope);
          return desk.finish(snapshot, scope);
        case 'phase.threw':
          desk.ended({ status: 'error', output: undefined, error: told.error }, scope);
          return desk.finish(snapshot, scope);
        case 'xstate.stop':
          desk.abandon(scope.stopChild);
          return { ...snapshot, status: 'stopped' } as PhaseSnapshot<O>;
      }
      const { actorId, output, error } = event as unknown as { actorId: string; output?: TaskReport; error?: unknown };
      if (event.type.startsWith('xstate.done.actor.')) desk.settle(actorId, output as TaskReport, scope);
      else if (event.type.startsWith('xstate.error.actor.')) desk.lose(actorId, error, scope);
      else return snapshot;
      return desk.finish(snapshot, scope);
    },
    getPersistedSnapshot: ({ status, output, error }) => ({ status, output, error }) as Snapshot<unknown>,
  };
}

type End =
  | { status: 'done'; output: unknown; error: undefined }
  | { status: 'error'; output: undefined; error: unknown };

const STOPPED: End = { status: 'done', output: undefined, error: undefined };

/** The calls of one phase: those under way, and what has become of the others. */
class Desk {
  readonly #scope: PhaseScope | null;
  readonly #abort = new AbortController();
  readonly #live = new Map<string, OpenCall>();
  readonly #names = new Set<string>();
  readonly #settled: SettledCall[] = [];
  readonly #notes: string[] = [];
  /** Set when the phase said who does it. */
  #by: string | null = null;
  #end: End | null = null;
  #stop: StopReason | null = null;

  constructor(scope: PhaseScope | null) {
    this.#scope = scope;
  }

  /** What an inspector shows. */
  toJSON(): object {
    return { calls: [...this.#live.keys()], settled: this.#settled.map(({ taskId }) => taskId) };
  }

  controls(sender: Sender, tell: (event: InnerEvent) => void): PhaseControls {
    return {
      signal: this.#abort.signal,
      call: (call) => {
        const { promise, resolve, reject } = Promise.withResolvers<PhaseAnswer>();
        // A phase that does not wait for an answer is no reason to end the process.
        promise.catch(() => {});
        const fault = this.#faultOf(call);
        if (fault) reject(fault);
        else tell({ type: 'phase.call', call, resolve, reject });
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

  #faultOf({ name, prompt, agentId }: PhaseCall): Error | null {
    const scope = this.#scope;
    if (!scope) return new SoarError('not-supported', 'This phase runs outside of a run, and has no agent to call.');
    if (typeof name !== 'string' || name === '' || typeof prompt !== 'string') {
      const message = `Phase ${scope.phase} made a call without a name or a prompt. Expected { name, prompt, agentId }.`;
      return new SoarError('phase-failed', message);
    }
    if (this.#end) return new AgentError('cancelled', `Call ${name} came after the phase had ended.`);
    if (this.#abort.signal.aborted) return stopError(this.#stop, name);
    if (this.#names.has(name)) {
      const message = `Phase ${scope.phase} called \`${name}\` twice. Give each call of a phase a name of its own.`;
      return new SoarError('phase-failed', message);
    }
    this.#names.add(name);
    if (scope.services.agents.has(agentId)) return null;
    return new AgentError('not_found', `There is no agent \`${agentId}\` to call.`);
  }

  /** Asks an agent, unless the run that this one resumes has the answer. */
  open(asked: Extract<InnerEvent, { type: 'phase.call' }>, sender: Sender): void {
    const scope = this.#scope as PhaseScope;
    const { call, resolve, reject } = asked;
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
    const input = callInput(scope, call, agent, nowOf(sender.self));
    const { policy, fallback } = input;
    for (const one of [agent, fallback]) {
      if (!one || !policy.breaker.enabled) continue;
      const { id: agentId, adHoc } = one;
      relay(sender, scope.services.engine, { type: 'breaker.ensure', agentId, policy: policy.breaker, adHoc });
    }
    const { id } = input.task;
    const actor = createActor(taskLogicFor(input), { id, input, parent: sender.self as AnyActorRef });
    this.#live.set(id, { ...asked, actor });
    if (this.#live.size === 1) this.#tellRun(sender, { type: 'phase.asking', phase: scope.phase });
    actor.start();
  }

  settle(taskId: string, report: TaskReport, sender: Sender): void {
    const open = this.#live.get(taskId);
    if (!open || !this.#scope) return;
    const { phase, log, publish } = this.#scope;
    const call = settledCall(phase, open.call, report);
    const { agentId, status, error } = call;
    log?.append({ type: 'call.settled', ...call });
    this.#settled.push(call);
    const { settledAt, durationMs } = report.outcome;
    publish({ type: 'call.settled', phase, taskId, agentId, status, error, durationMs }, settledAt);
    if (status === 'succeeded') open.resolve(answerOf(call));
    else
      open.reject(new AgentError(error?.kind ?? 'internal', error?.message ?? 'The call failed.', retryableOf(error)));
    this.#close(taskId, sender);
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
    this.#tellRun(sender, { type: 'phase.idle', phase });
  }

  cancel(reason: StopReason, sender: Sender): void {
    if (this.#stop) return;
    this.#stop = { kind: reason.kind, message: reason.message };
    this.#abort.abort(new AgentError(reason.kind, reason.message));
    this.tellCalls({ type: 'run.cancel', ...this.#stop }, sender);
  }

  tellCalls(event: PhaseCommand, sender: Sender): void {
    for (const { actor } of [...this.#live.values()]) if (!isOver(actor)) relay(sender, actor, event);
  }

  ended(end: End, sender: Sender): void {
    if (this.#end) return;
    this.#end = end;
    const message = `Phase ${this.#scope?.phase} ended without waiting for it.`;
    this.tellCalls({ type: 'run.cancel', kind: 'cancelled', message }, sender);
  }

  /** The phase is over once its function and all its calls are; one that was told to stop, once its calls are. */
  finish<O>(snapshot: PhaseSnapshot<O>, sender: Sender): PhaseSnapshot<O> {
    const end = this.#stop ? STOPPED : this.#end;
    if (!end || this.#live.size > 0) return snapshot;
    if (this.#scope) {
      this.#tellRun(sender, { type: 'phase.reported', phase: this.#scope.phase, report: this.#report() });
    }
    return { ...snapshot, ...end } as PhaseSnapshot<O>;
  }

  /** Its run has left: nobody waits for anything any more. */
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
    return {
      by: this.#by ?? (answered ? answerOf(answered).agentId : 'offline'),
      calls: this.#names.size,
      attempts: attempts.length,
      ...(usage ? { usage } : {}),
      ...(this.#notes.length > 0 ? { note: this.#notes.join(' ') } : {}),
    };
  }

  #tellRun(sender: Sender, news: PhaseNews): void {
    const parent = (sender.self as AnyActorRef)._parent;
    if (parent && !isOver(parent)) relay(sender, parent, news);
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
