import type { Behaviour, Case, CaseTask } from './random-case.ts';

export interface SimulatedAttempt {
  n: number;
  agentId: string;
  startedAt: number;
  endedAt: number;
  result: string;
}

export interface SimulatedOutcome {
  taskId: string;
  status: string;
  via: 'agent' | 'fallback' | null;
  kind: string | null;
  attempts: SimulatedAttempt[];
  settledAt: number;
}

export interface Simulated {
  status: string;
  outcomes: SimulatedOutcome[];
  /** Task ids, in the order in which they settled. */
  order: string[];
  /** Two things happened at one instant whose order decides and is nowhere fixed. */
  isTied: boolean;
}

type State = 'pending' | 'queued' | 'running' | 'sleeping' | 'open' | 'settled';
type Ending = { result: string; kind: string | null; retryAt?: number | null };
type Flight = SimulatedAttempt & {
  task: Sim;
  hangs: boolean;
  permit: boolean;
  dueAt: number;
  ending: Ending;
  isLive: boolean;
};

interface Sim extends SimulatedOutcome {
  spec: CaseTask;
  wave: number;
  state: State;
  onFallback: boolean;
  retries: number;
  limits: number;
  coolingMs: number;
  openMs: number;
  openSince: number;
  stop: string | null;
  flight: Flight | null;
  /** Makes timers of states that were left meaningless. */
  epoch: number;
}

const [FAIL_WINDOW, FAST_GAP, RESET] = [300_000, 10_000, 120_000];

/**
 * What a run comes to, by the words of the design alone: one loop over timed events, no machines, no actors. Figures the
 * design leaves open (how much a rate limit widens a gap, what of it a success takes back) are those the docs name.
 */
export function simulate(given: Case): Simulated {
  const timers: { at: number; seq: number; from: string; run: () => void }[] = [];
  const queue: { task: Sim; agent: string }[] = [];
  const paces = new Map<string, { last: number; extra: number; coolUntil: number; cooledAt: number; streak: number }>();
  const breakers = new Map<
    string,
    {
      state: 'closed' | 'open' | 'half';
      failures: { at: number; fatal: boolean }[];
      probe: Flight | null;
      waiters: Sim[];
    }
  >();
  const flights = new Set<Flight>();
  const ready: Sim[] = [];
  const order: string[] = [];
  let [now, seq, lastStart, started, wave] = [0, 0, Number.NEGATIVE_INFINITY, 0, 0];
  let [stopped, isSpent, isTied, isDeciding] = [null as string | null, false, false, false];

  const tasks: Sim[] = [];
  for (const spec of given.tasks) {
    const waves = spec.dependsOn.map((id) => tasks.find(({ taskId }) => taskId === id)?.wave ?? 0);
    tasks.push({
      ...{ taskId: spec.id, spec, wave: 1 + Math.max(0, ...waves), status: '', via: null, kind: null, attempts: [] },
      ...{ settledAt: 0, state: 'pending', onFallback: false, retries: 0, limits: 0, coolingMs: 0, openMs: 0 },
      ...{ openSince: 0, stop: null, flight: null, epoch: 0 },
    });
  }
  const paceOf = (agent: string) => {
    if (!paces.has(agent)) {
      const never = Number.NEGATIVE_INFINITY;
      paces.set(agent, { last: never, extra: 0, coolUntil: never, cooledAt: never, streak: 0 });
    }
    return paces.get(agent) as NonNullable<ReturnType<typeof paces.get>>;
  };
  const breakerOf = (agent: string) => {
    if (!breakers.has(agent)) breakers.set(agent, { state: 'closed', failures: [], probe: null, waiters: [] });
    return breakers.get(agent) as NonNullable<ReturnType<typeof breakers.get>>;
  };
  const at = (time: number, from: string, run: () => void) => timers.push({ at: time, seq: seq++, from, run });
  const sleep = (task: Sim, until: number, wake: () => void) => {
    const { epoch } = task;
    at(until, task.taskId, () => task.epoch === epoch && wake());
  };
  const enter = (task: Sim, state: State) => {
    task.state = state;
    task.epoch += 1;
  };

  // The plan: waves one after the other, or each task as its dependencies settle; at most so many wait for a start.
  const admit = () => {
    const room = () =>
      tasks.filter(({ state, onFallback }) => state === 'queued' && !onFallback).length < given.maxConcurrent;
    if (stopped !== null) return;
    while (given.schedule === 'wave' && tasks.every((task) => task.wave > wave || task.state === 'settled')) {
      wave += 1;
      const members = tasks.filter((task) => task.wave === wave);
      if (members.length === 0) return;
      for (const task of members) offer(task);
    }
    while (ready[0] && room()) {
      const task = ready.shift() as Sim;
      if (task.state === 'pending') ask(task);
    }
  };
  const offer = (task: Sim) => {
    if (task.state !== 'pending') return;
    const lacks = task.spec.dependsOn.some((id) => tasks.find((other) => other.taskId === id)?.status !== 'succeeded');
    if (lacks && given.onDependencyFailure === 'skip') settle(task, 'skipped', 'dependency');
    else ready.push(task);
  };
  const settle = (task: Sim, status: string, kind: string | null) => {
    enter(task, 'settled');
    const last = task.attempts.at(-1);
    Object.assign(task, { status, kind, settledAt: now });
    task.via = last ? (last.agentId === task.spec.agent ? 'agent' : 'fallback') : null;
    order.push(task.taskId);
    const hasDependents = tasks.some(({ spec }) => spec.dependsOn.includes(task.taskId));
    const ends = task.spec.critical || (given.onDependencyFailure === 'abort' && hasDependents);
    if (status === 'failed' && ends && (stopped === null || stopped === 'budget')) stopAll('dependency');
    if (given.schedule === 'eager' && stopped === null) {
      for (const other of tasks) {
        if (!other.spec.dependsOn.includes(task.taskId)) continue;
        if (other.spec.dependsOn.every((id) => tasks.find(({ taskId }) => taskId === id)?.state === 'settled'))
          offer(other);
      }
    }
    admit();
  };
  const stopAll = (why: 'cancelled' | 'timeout' | 'dependency' | 'budget') => {
    const told = why === 'cancelled' || why === 'timeout';
    if (told && tasks.every(({ state }) => state === 'settled')) return;
    if (stopped !== null && stopped !== 'budget' && !(told && stopped === 'dependency')) return;
    stopped = why;
    for (const task of tasks) {
      if (task.state === 'settled') continue;
      if (task.state !== 'running') settle(task, told ? 'cancelled' : 'skipped', why);
      else if (why !== 'budget' && task.flight && task.stop === null) {
        task.stop = why;
        const { flight } = task;
        // Whoever was told to stop before and has not ended has its time already.
        const isStopping = flight.hangs && now >= flight.dueAt - given.killGraceMs;
        if (isStopping) continue;
        flight.ending = flight.hangs ? { result: 'abandoned', kind: why } : { result: 'cancelled', kind: why };
        land(flight, flight.hangs ? now + given.killGraceMs : now);
      }
    }
    for (const { waiters } of breakers.values()) waiters.splice(0);
  };

  // The gate: first come first served among those whose agent and provider allow it; the permit is asked for last.
  const ask = (task: Sim) => {
    enter(task, 'queued');
    if (isSpent) return settle(task, 'skipped', 'budget');
    queue.push({ task, agent: task.onFallback ? (given.fallback as string) : task.spec.agent });
    decide();
  };
  const startAt = (agent: string) => {
    const pace = paceOf(agent);
    const gap = (given.staggerMs ?? given.agents[agent]?.staggerMs ?? 0) + pace.extra;
    const everywhere = (given.staggerMs ?? 0) > 0 ? lastStart + (given.staggerMs ?? 0) : Number.NEGATIVE_INFINITY;
    return Math.max(everywhere, gap > 0 ? pace.last + gap : Number.NEGATIVE_INFINITY, pace.coolUntil);
  };
  const decide = () => {
    if (isDeciding) return;
    isDeciding = true;
    for (let next = nextStart(); next; next = nextStart()) {
      queue.splice(queue.indexOf(next), 1);
      const { state, probe } = breakerOf(next.agent);
      const isRefused = given.breaker.enabled && (state === 'open' || (state === 'half' && probe));
      if (isRefused) refuse(next.task);
      else start(next.task, next.agent);
    }
    isDeciding = false;
  };
  const nextStart = () => {
    const waiting = queue.filter(({ task }) => task.state === 'queued');
    queue.splice(0, queue.length, ...waiting);
    const out = (agent: string) => [...flights].filter(({ agentId }) => agentId === agent).length;
    const isFree = (agent: string) =>
      flights.size < given.maxConcurrent && out(agent) < (given.agents[agent]?.maxConcurrent ?? Infinity);
    const free = waiting.filter(({ agent }) => isFree(agent));
    const soonest = Math.min(...free.map(({ agent }) => startAt(agent)));
    if (soonest > now && soonest < Infinity) at(soonest, 'gate', () => {});
    return free.find(({ agent }) => startAt(agent) <= now);
  };
  const start = (task: Sim, agent: string) => {
    enter(task, 'running');
    const n = task.attempts.length + 1;
    const does = (task.spec.script[n - 1] ?? task.spec.script.at(-1)) as Behaviour;
    const limit = task.spec.timeoutMs ?? given.maxTimeoutMs;
    const isLate = does.does === 'hang' || does.ms > limit;
    const hangs = does.does === 'hang';
    const flight: Flight = {
      ...{ n, agentId: agent, startedAt: now, endedAt: 0, result: '', task, hangs, permit: given.breaker.enabled },
      ...{
        ending: isLate ? { result: hangs ? 'abandoned' : 'failed', kind: 'timeout' } : endingOf(does, now),
        dueAt: 0,
        isLive: true,
      },
    };
    task.flight = flight;
    flights.add(flight);
    [lastStart, paceOf(agent).last] = [now, now];
    const breaker = breakerOf(agent);
    if (breaker.state === 'half' && given.breaker.enabled) breaker.probe = flight;
    land(flight, now + (isLate ? limit + (hangs ? given.killGraceMs : 0) : does.ms));
    started += 1;
    if (given.budgetAttempts !== null && started >= given.budgetAttempts && !isSpent) {
      isSpent = true;
      stopAll('budget');
    }
    admit();
  };
  const land = (flight: Flight, time: number) => {
    flight.dueAt = time;
    at(time, flight.task.taskId, () => flight.isLive && flight.dueAt === time && end(flight));
  };
  const refuse = (task: Sim) => {
    if (task.onFallback) return settle(task, 'failed', task.kind);
    enter(task, 'open');
    const before = queue.length;
    admit();
    task.kind = 'circuit_open';
    const { onOpen, maxOpenWaitMs } = given.breaker;
    if (given.fallback !== null && given.fallback !== task.spec.agent) {
      // Whoever was let in at this instant asks before or after it: nobody says.
      if (queue.length > before) isTied = true;
      return fallBack(task);
    }
    if (onOpen === 'fail' || task.openMs >= maxOpenWaitMs) return settle(task, 'failed', 'circuit_open');
    task.openSince = now;
    sleep(task, now + maxOpenWaitMs - task.openMs, () => {
      leave(task);
      settle(task, 'failed', 'circuit_open');
    });
    const breaker = breakerOf(task.spec.agent);
    breaker.waiters.push(task);
    if (breaker.state === 'closed' || (breaker.state === 'half' && !breaker.probe)) call(task);
  };
  const leave = (task: Sim) => {
    const { waiters } = breakerOf(task.spec.agent);
    if (waiters.includes(task)) waiters.splice(waiters.indexOf(task), 1);
  };
  const call = (task: Sim) => {
    leave(task);
    task.openMs += now - task.openSince;
    ask(task);
  };
  const fallBack = (task: Sim) => {
    task.onFallback = true;
    ask(task);
  };

  // The end of an attempt: the breaker hears of it, the task goes on, then the lease is free.
  const end = (flight: Flight) => {
    flight.isLive = false;
    const { task, ending, n, agentId, startedAt } = flight;
    const { result } = ending;
    task.attempts.push({ n, agentId, startedAt, endedAt: now, result });
    if (result === 'rate_limited') limited(flight);
    if (result === 'succeeded') relaxed(agentId);
    if (flight.permit) returned(flight);
    goOn(task, flight);
    flights.delete(flight);
    decide();
  };
  const goOn = (task: Sim, flight: Flight) => {
    const { result, kind } = flight.ending;
    if (task.stop !== null) return settle(task, 'cancelled', task.stop);
    if (result === 'succeeded') return settle(task, 'succeeded', null);
    task.kind = kind;
    const next = nextOf(task, flight);
    if (next !== 'fail' && isSpent) settle(task, 'skipped', 'budget');
    else if (next === 'fail') settle(task, 'failed', kind);
    else if (next === 'fallback') fallBack(task);
    else {
      enter(task, 'sleeping');
      sleep(task, next, () => ask(task));
    }
  };
  const nextOf = (task: Sim, { ending, agentId }: Flight): 'fail' | 'fallback' | number => {
    if (task.onFallback) return 'fail';
    const otherwise = given.fallback !== null && given.fallback !== task.spec.agent ? 'fallback' : 'fail';
    if (ending.result === 'rate_limited') {
      const until = Math.max(now, ending.retryAt ?? paceOf(agentId).coolUntil);
      if (task.limits >= given.maxRateLimits || task.coolingMs + until - now > given.maxCoolingMs) return otherwise;
      task.limits += 1;
      task.coolingMs += until - now;
      return until;
    }
    if (ending.kind === 'auth' || task.retries >= given.retries) return otherwise;
    task.retries += 1;
    const { strategy, baseDelayMs: base, factor } = given.backoff;
    const power =
      strategy === 'exponential'
        ? factor ** (task.retries - 1)
        : strategy === 'linear'
          ? 1 + factor * (task.retries - 1)
          : 1;
    return now + (strategy === 'immediate' ? 0 : Math.floor(Math.min(30_000, base * power)));
  };
  const limited = ({ agentId, startedAt, ending }: Flight) => {
    const pace = paceOf(agentId);
    const isNews = startedAt >= pace.cooledAt;
    if (isNews) [pace.streak, pace.cooledAt] = [pace.streak + 1, now];
    const guess = now + Math.min(300_000, 5000 * 2 ** Math.max(0, pace.streak - 1));
    if (ending.retryAt != null) pace.coolUntil = Math.max(pace.coolUntil, ending.retryAt);
    else if (isNews || pace.coolUntil <= now) pace.coolUntil = Math.max(pace.coolUntil, guess);
    const gap = given.staggerMs ?? given.agents[agentId]?.staggerMs ?? 0;
    pace.extra = Math.min(60_000, pace.extra + Math.max(500, gap + pace.extra));
  };
  const relaxed = (agent: string) => {
    const pace = paceOf(agent);
    pace.streak = 0;
    pace.extra = pace.extra < 250 ? 0 : pace.extra * 0.75;
  };
  const returned = (flight: Flight) => {
    const breaker = breakerOf(flight.agentId);
    const isNeutral = flight.ending.result === 'rate_limited' || flight.task.stop !== null;
    const fatal = flight.ending.kind === 'auth';
    const failed = !isNeutral && flight.ending.result !== 'succeeded';
    if (breaker.state === 'closed') {
      if (flight.ending.result === 'succeeded') breaker.failures = [];
      if (!failed) return;
      const recent = breaker.failures.filter((failure) => now - failure.at < FAIL_WINDOW);
      const before = recent.at(-1);
      breaker.failures = [...recent, { at: now, fatal }];
      const isFast = fatal && before?.fatal && now - before.at < FAST_GAP;
      if (breaker.failures.length >= given.breaker.failureThreshold || isFast) trip(flight.agentId);
    } else if (breaker.probe === flight) {
      breaker.probe = null;
      if (failed) return trip(flight.agentId);
      if (isNeutral) return callOne(flight.agentId);
      [breaker.state, breaker.failures] = ['closed', []];
      for (const waiter of [...breaker.waiters]) call(waiter);
    }
  };
  const trip = (agent: string) => {
    const breaker = breakerOf(agent);
    breaker.state = 'open';
    at(now + RESET, `breaker ${agent}`, () => {
      breaker.state = 'half';
      callOne(agent);
    });
  };
  const callOne = (agent: string) => {
    const [first] = breakerOf(agent).waiters;
    if (first) call(first);
  };

  // Time goes from event to event.
  if (given.cancelAt !== null) at(given.cancelAt, 'run', () => stopAll('cancelled'));
  if (given.timeoutMs !== null) at(given.timeoutMs, 'run', () => stopAll('timeout'));
  if (given.schedule === 'eager') for (const task of tasks) if (task.spec.dependsOn.length === 0) offer(task);
  admit();
  while (tasks.some(({ state }) => state !== 'settled')) {
    timers.sort((a, b) => a.at - b.at || a.seq - b.seq);
    const timer = timers.shift();
    if (!timer) throw new Error('The simulation is stuck.');
    if (timers[0]?.at === timer.at && timers[0].from !== timer.from) isTied = true;
    now = timer.at;
    timer.run();
    decide();
  }
  const outcomes = tasks.map(({ taskId, status, via, kind, attempts, settledAt }) => ({
    taskId,
    status,
    via,
    kind,
    attempts,
    settledAt,
  }));
  return { status: statusOf(outcomes, stopped, given.tasks), outcomes, order, isTied };
}

function endingOf({ does, ms, retryAfterMs }: Behaviour, now: number): Ending {
  if (does === 'succeed') return { result: 'succeeded', kind: null };
  if (does !== 'limit') return { result: 'failed', kind: does === 'permanent' ? 'auth' : 'transient' };
  return {
    result: 'rate_limited',
    kind: 'rate_limited',
    retryAt: retryAfterMs === null ? null : now + ms + retryAfterMs,
  };
}

function statusOf(outcomes: readonly SimulatedOutcome[], stopped: string | null, tasks: readonly CaseTask[]): string {
  if (stopped === 'cancelled' || stopped === 'timeout') return 'cancelled';
  const criticalFailed = outcomes.some(({ status }, i) => status === 'failed' && tasks[i]?.critical);
  if (stopped === 'dependency' || criticalFailed) return 'failed';
  const succeeded = outcomes.filter(({ status }) => status === 'succeeded').length;
  if (succeeded === outcomes.length) return 'succeeded';
  return succeeded > 0 ? 'partial' : 'failed';
}
