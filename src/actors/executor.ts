import type { EventObject, Snapshot } from 'xstate';
import type { Within } from '../base/async-context.ts';
import { copyOf, deepFreeze } from '../base/frozen.ts';
import { timersOf } from '../base/timers.ts';
import { TurnoverMap } from '../base/turnover-map.ts';
import type { Price } from '../policy/budget.ts';
import { lingerEndsAt } from '../policy/linger.ts';
import { checkClock, markActivity, startClock, stopGraceMs, withoutSilence } from '../policy/timeouts.ts';
import { priced } from '../policy/usage.ts';
import type { AgentAnswer, AgentControls } from '../types/agent.ts';
import type { ErrorKind } from '../types/error-kind.ts';
import { clockOf, relay, type Sender } from '../xstate/messaging.ts';
import type { AttemptCommand, AttemptEvent, AttemptResult, AttemptSpec } from './attempt.ts';
import { abandonedResult, failedResult, judgementOf, statedResult, succeededResult } from './attempt-result.ts';
import { AuthVerdicts } from './auth-verdicts.ts';
import { type ExecutorInput, grant, type InFlight, noteSilence } from './in-flight.ts';

const anywhere: Within = (call) => call();

export type ExecutorSnapshot = Snapshot<undefined> & {
  input: ExecutorInput;
  inFlight: TurnoverMap<string, InFlight>;
  auth: AuthVerdicts;
};

/**
 * Runs attempts and is the one place that knows whether an attempt is really over. An attempt belongs to no state of
 * any machine, so leaving a state can never lose its end: it ends with exactly one `attempt.ended`.
 */
export const executor = {
  getInitialSnapshot: (_: unknown, input: ExecutorInput): ExecutorSnapshot => ({
    status: 'active',
    output: undefined,
    error: undefined,
    input,
    inFlight: new TurnoverMap(),
    auth: new AuthVerdicts(),
  }),
  transition: (snapshot: ExecutorSnapshot, event: EventObject, scope: Sender): ExecutorSnapshot => {
    if (event.type === 'xstate.stop') {
      for (const { abort, timer } of snapshot.inFlight.values()) {
        timersOf(clockOf(scope.self)).clear(timer);
        abort.abort(new Error('The engine was stopped.'));
      }
      snapshot.inFlight.clear();
      return { ...snapshot, status: 'stopped' } as ExecutorSnapshot;
    }
    const command = event as AttemptCommand;
    if (command.type === 'attempt.start') {
      const { spec } = command;
      const within = snapshot.input.withinRun?.(spec.request.runId) ?? anywhere;
      within(() => begin(snapshot, spec, within, scope));
    }
    if (command.type === 'attempt.stop') {
      const attempt = snapshot.inFlight.get(command.attemptId);
      const { kind, reason } = command;
      attempt?.within(() => askToStop(snapshot, attempt, scope, kind, reason, false));
    }
    return snapshot;
  },
  getPersistedSnapshot: ({ status, output, error }: ExecutorSnapshot) => ({ status, output, error }),
};

function begin(snapshot: ExecutorSnapshot, spec: AttemptSpec, within: Within, scope: Sender): void {
  const now = clockOf(scope.self).now();
  const attempt: InFlight = {
    spec,
    startedAt: now,
    abort: new AbortController(),
    within,
    clock: startClock(spec.policy.clocks, now, spec.timeoutMs),
    timer: null,
    events: 0,
    longestSilenceMs: 0,
    session: null,
    suspicion: null,
    linger: null,
    stop: null,
  };
  snapshot.inFlight.set(spec.attemptId, attempt);
  snapshot.auth.started(spec);
  const ids = eventIds(attempt);
  const { log } = spec;
  const n = spec.request.attempt;
  log?.append({ type: 'attempt.started', ...ids, n, key: spec.attemptId, at: now });
  spec.publish({ type: 'attempt.started', ...ids, attempt: n, key: spec.attemptId }, now);
  look(snapshot, attempt, scope);
  const { agent, request } = spec;
  const controls = controlsOf(snapshot, attempt, scope);
  const { around = (_, call) => call() } = snapshot.input;
  const fail = (thrown: unknown) =>
    within(() => end(snapshot, attempt, scope, (at) => failedResult(attempt, thrown, at)));
  // The agent starts on a later microtask, and once its start is durable: an error or answer at once is still an
  // end that comes later, and no execution is ever unknown.
  const recorded = log ? new Promise<void>((resolve) => log.committed(resolve)) : Promise.resolve();
  recorded
    .then(() => {
      attempt.abort.signal.throwIfAborted();
      if (log?.failure) throw log.failure;
      snapshot.input.onCall?.();
      // Other attempts and tasks share what is in the request, and an agent may change it.
      return within(() => around(request, () => agent.run(copyOf(request), controls)));
    })
    .then((answer) => {
      try {
        within(() => end(snapshot, attempt, scope, (at) => succeededResult(attempt, answer as AgentAnswer, at)));
      } catch (thrown) {
        fail(thrown);
      }
    }, fail);
}

/** Looks at the attempt's clocks, acts on what is due and sets the one timer for the next look. */
function look(snapshot: ExecutorSnapshot, attempt: InFlight, scope: Sender): void {
  const clock = clockOf(scope.self);
  const timers = timersOf(clock);
  const now = clock.now();
  timers.noticeMissing(now);
  if (attempt.stop) return;
  timers.clear(attempt.timer);
  const { policy } = attempt.spec;
  const seen = checkClock(attempt.clock, policy.clocks, now);
  attempt.clock = seen.clock;
  if (seen.verdict === 'stalled') send(attempt, scope, { type: 'attempt.stalled', ...idsOf(attempt) });
  if (seen.verdict === 'resumed') send(attempt, scope, { type: 'attempt.resumed', ...idsOf(attempt) });
  if (seen.verdict === 'stop') {
    askToStop(snapshot, attempt, scope, seen.kind ?? 'timeout', seen.reason ?? 'A clock was due.', false);
    return;
  }
  const { suspicion, linger } = attempt;
  const leavesAt = linger ? lingerEndsAt(linger, policy.termination.lingerMs) : Number.POSITIVE_INFINITY;
  if (leavesAt <= now) {
    askToStop(snapshot, attempt, scope, 'timeout', 'It had stated its end and did not leave', false);
    return;
  }
  const confirmedAt = suspicion ? suspicion.at + policy.termination.confirmMs : Number.POSITIVE_INFINITY;
  if (suspicion && confirmedAt <= now) {
    askToStop(snapshot, attempt, scope, suspicion.kind, suspicion.reason, true);
    return;
  }
  const next = Math.min(seen.nextAt, confirmedAt, leavesAt);
  const lookAgain = () => attempt.within(() => look(snapshot, attempt, scope));
  const granted = (ms: number) => grant(attempt, ms, clock.now());
  attempt.timer = next < Number.POSITIVE_INFINITY ? timers.set(next, lookAgain, { granted }) : null;
}

/** Asks once; the attempt then has its grace to end, and is recorded as abandoned when it does not. */
function askToStop(
  snapshot: ExecutorSnapshot,
  attempt: InFlight,
  scope: Sender,
  kind: ErrorKind,
  reason: string,
  early: boolean,
): void {
  if (attempt.stop) return;
  const clock = clockOf(scope.self);
  const { killGraceMs, agent } = attempt.spec;
  attempt.stop = { kind, reason, early, at: clock.now() };
  timersOf(clock).clear(attempt.timer);
  const graceMs = stopGraceMs(agent, killGraceMs);
  const abandon = () => {
    const message = `Attempt ${attempt.spec.attemptId} did not end within ${graceMs} ms of being asked to stop (${reason}); anything it still does is no longer watched.`;
    attempt.spec.publish({ type: 'warning', message, taskId: attempt.spec.request.taskId }, clock.now());
    end(snapshot, attempt, scope, (at) => statedResult(attempt, at) ?? abandonedResult(attempt, at));
  };
  attempt.timer = timersOf(clock).set(clock.now() + graceMs, () => attempt.within(abandon), { granted: () => {} });
  send(attempt, scope, { type: 'attempt.stopping', ...idsOf(attempt), kind, reason });
  attempt.abort.abort(new Error(reason));
}

/**
 * The one end of an attempt. Breaker and pace receive it first, so that nothing starts on stale facts; then the task,
 * and by way of it the run, which may want nothing more to start; then the lease is free.
 */
function end(
  snapshot: ExecutorSnapshot,
  attempt: InFlight,
  scope: Sender,
  resultAt: (now: number) => AttemptResult,
): void {
  const { spec } = attempt;
  if (!snapshot.inFlight.has(spec.attemptId)) return;
  const clock = clockOf(scope.self);
  const now = clock.now();
  timersOf(clock).noticeMissing(now);
  noteSilence(attempt, now);
  // Reading what the agent answered may throw; the attempt is then still in flight, and ends as failed.
  const ended = withCost(resultAt(now), snapshot.input.priceOf?.(spec.agent) ?? null);
  const { own, verdicts } = snapshot.auth.ended(spec, ended);
  const result = deepFreeze(own ? { ...ended, verdict: own } : ended);
  snapshot.inFlight.delete(spec.attemptId);
  timersOf(clock).clear(attempt.timer);
  attempt.timer = null;
  const { error } = result;
  const times = { startedAt: attempt.startedAt, endedAt: Math.max(attempt.startedAt, now) };
  const used = result.usage ? { usage: result.usage } : {};
  const record = { n: spec.request.attempt, key: spec.attemptId, ...times, result: result.status, error, ...used };
  spec.publish({ type: 'attempt.ended', ...eventIds(attempt), ...record }, now);
  const { gate, isCalm } = snapshot.input;
  const judgement = judgementOf(spec, result, now);
  // One more success of an agent in good health says nothing that could not wait, unless it may have spent a budget.
  const isCalmSuccess = judgement.result === 'success' && !result.usage && isCalm?.(spec.agent, spec.request.runId);
  if (!isCalmSuccess) relay(scope, gate, { type: 'attempt.judged', ...judgement });
  send(attempt, scope, { type: 'attempt.ended', ...idsOf(attempt), result });
  relay(scope, gate, { type: 'lease.release', ...judgement });
  for (const { spec: judged, isRefuted } of verdicts) {
    const type = isRefuted ? 'auth.refuted' : 'auth.confirmed';
    const { request, attemptId } = judged;
    const within = snapshot.input.withinRun?.(request.runId) ?? anywhere;
    within(() => relay(scope, judged.ref, { type, taskId: request.taskId, attemptId }));
  }
}

function withCost(result: AttemptResult, price: Price | null): AttemptResult {
  return result.usage ? { ...result, usage: priced(result.usage, price) } : result;
}

function eventIds({ spec }: InFlight): { taskId: string; agentId: string } {
  return { taskId: spec.request.taskId, agentId: spec.agent.id };
}

function controlsOf(snapshot: ExecutorSnapshot, attempt: InFlight, scope: Sender): AgentControls {
  const clock = clockOf(scope.self);
  const { spec } = attempt;
  const ids = eventIds(attempt);
  const isOver = () => !snapshot.inFlight.has(spec.attemptId);
  const active = (now: number) => {
    timersOf(clock).noticeMissing(now);
    attempt.events += 1;
    noteSilence(attempt, now);
    markActivity(attempt.clock, now);
    if (attempt.clock.stalled) look(snapshot, attempt, scope);
  };
  const worked = (now: number) => {
    if (attempt.linger) attempt.linger = { ...attempt.linger, workedAt: now, heardAt: now };
  };
  return {
    signal: attempt.abort.signal,
    killGraceMs: spec.killGraceMs,
    heartbeat: () => {
      if (isOver()) return;
      const now = clock.now();
      active(now);
      spec.publish({ type: 'attempt.heartbeat', ...ids }, now);
    },
    output: (text, stream = 'stdout') => {
      if (isOver()) return;
      const now = clock.now();
      attempt.suspicion = null;
      active(now);
      if (stream === 'stdout') worked(now);
      spec.publish({ type: 'attempt.output', ...ids, stream, text }, now);
    },
    progress: ({ done, total, message }) => {
      if (isOver()) return;
      const progress = { ...(done === undefined ? {} : { done }), ...(total === undefined ? {} : { total }) };
      const now = clock.now();
      attempt.suspicion = null;
      active(now);
      worked(now);
      const said = message === undefined ? {} : { message };
      spec.publish({ type: 'attempt.progress', ...ids, ...progress, ...said }, now);
    },
    conclude: (stated) => {
      if (isOver() || attempt.stop) return;
      const now = clock.now();
      attempt.linger = { workedAt: attempt.linger?.workedAt ?? now, heardAt: now, end: stated };
      attempt.suspicion = null;
      attempt.clock = withoutSilence(attempt.clock);
      look(snapshot, attempt, scope);
    },
    session: (id) => {
      if (isOver() || typeof id !== 'string' || id === '' || attempt.session === id) return;
      attempt.session = id;
      spec.log?.append({ type: 'attempt.session', key: spec.attemptId, session: id });
    },
    suspect: ({ kind, reason }) => {
      if (isOver() || attempt.stop || attempt.linger || !spec.policy.termination.enabled) return;
      attempt.suspicion ??= { kind, reason, at: clock.now() };
      look(snapshot, attempt, scope);
    },
  };
}

function send(attempt: InFlight, scope: Sender, event: AttemptEvent): void {
  relay(scope, attempt.spec.ref, event);
}

function idsOf({ spec }: InFlight): { taskId: string; attemptId: string } {
  return { taskId: spec.request.taskId, attemptId: spec.attemptId };
}
