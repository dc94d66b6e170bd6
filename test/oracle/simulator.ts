import type { Case } from './random-case.ts';
import { type Ended, SimulatedBreaker, SimulatedLogins, SimulatedPace } from './simulated-resources.ts';
import {
  canFallBack,
  type Flight,
  flightOf,
  newSim,
  nextOf,
  type Sim,
  type Simulated,
  statusOf,
  type Why,
} from './simulated-task.ts';

/** What a run comes to, by the words of the design alone: one loop over timed events, no machines, no actors. */
export function simulate(given: Case): Simulated {
  const timers: { at: number; from: string; isLive: () => boolean; run: () => void }[] = [];
  const queue: { task: Sim; agent: string }[] = [];
  const paces = new Map(Object.keys(given.agents).map((id) => [id, new SimulatedPace()]));
  const breakers = new Map(Object.keys(given.agents).map((id) => [id, new SimulatedBreaker<Sim>(given.breaker)]));
  const logins = new SimulatedLogins<Flight>();
  const flights = new Set<Flight>();
  const ready: Sim[] = [];
  const opened: Sim[] = [];
  const order: string[] = [];
  const tasks: Sim[] = [];
  let [now, lastStart, gateAt, started, wave] = [0, Number.NEGATIVE_INFINITY, 0, 0, 0];
  let [stopped, isSpent, isTied, isDeciding] = [null as Why | null, false, false, false];

  const find = (id: string) => tasks.find(({ taskId }) => taskId === id) as Sim;
  const paceOf = (agent: string) => paces.get(agent) as SimulatedPace;
  const breakerOf = (agent: string) => breakers.get(agent) as SimulatedBreaker<Sim>;
  const ruleOf = ({ spec }: Sim) => spec.onDependencyFailure ?? given.onDependencyFailure;
  const gapOf = (agent: string) => given.staggerMs ?? given.agents[agent]?.staggerMs ?? 0;
  const at = (time: number, from: string, isLive: () => boolean, run: () => void) =>
    timers.push({ at: time, from, isLive, run });
  const sleep = (task: Sim, until: number, wake: () => void) => {
    const { epoch } = task;
    at(until, task.taskId, () => task.epoch === epoch, wake);
  };
  const enter = (task: Sim, state: Sim['state']) => {
    task.state = state;
    task.epoch += 1;
  };

  // The plan: waves one after the other, or each task as its dependencies settle; at most so many wait for a start.
  const admit = () => {
    const waiting = () => tasks.filter(({ state, onFallback }) => state === 'queued' && !onFallback).length;
    if (stopped !== null) return;
    while (given.schedule === 'wave' && tasks.every((task) => task.wave > wave || task.state === 'settled')) {
      wave += 1;
      const members = tasks.filter((task) => task.wave === wave);
      if (members.length === 0) return;
      for (const task of members) offer(task);
    }
    while (ready[0] && waiting() < given.maxConcurrent) {
      const task = ready.shift() as Sim;
      if (task.state === 'pending') ask(task);
    }
  };
  const offer = (task: Sim) => {
    if (task.state !== 'pending') return;
    const lacks = task.spec.dependsOn.some((id) => find(id).status !== 'succeeded');
    if (lacks && ruleOf(task) !== 'proceed') settle(task, 'skipped', 'dependency');
    else ready.push(task);
  };
  /** What a skipped task sets free comes after what was set free before it. */
  const offerInTurn = (free: Sim[]) => {
    const isFirst = opened.length === 0;
    opened.push(...free);
    for (; isFirst && opened[0]; opened.shift()) offer(opened[0]);
  };
  const settle = (task: Sim, status: string, kind: string | null) => {
    enter(task, 'settled');
    const last = task.attempts.at(-1);
    const via = last ? (last.agentId === task.spec.agent ? 'agent' : 'fallback') : null;
    Object.assign(task, { status, kind, via, settledAt: now });
    order.push(task.taskId);
    const dependents = tasks.filter(({ spec }) => spec.dependsOn.includes(task.taskId));
    const isFailure = status === 'failed' || (status === 'skipped' && kind === 'dependency');
    const isNeeded = isFailure && dependents.some((one) => ruleOf(one) === 'abort');
    const ends = isNeeded || (status === 'failed' && task.spec.critical);
    if (ends && (stopped === null || stopped === 'budget')) stopAll('dependency');
    if (given.schedule === 'eager' && stopped === null) {
      offerInTurn(dependents.filter(({ spec }) => spec.dependsOn.every((id) => find(id).state === 'settled')));
    }
    admit();
  };
  const stopAll = (why: Why) => {
    const isTold = why === 'cancelled' || why === 'timeout';
    if (isTold && tasks.every(({ state }) => state === 'settled')) return;
    if (stopped !== null && stopped !== 'budget' && !(isTold && stopped === 'dependency')) return;
    // Other tasks due at this instant may see it before or after the run ends.
    if (why === 'dependency') isTied ||= free().some((request) => startAt(request) <= now);
    stopped = why;
    for (const { waiters } of breakers.values()) waiters.splice(0);
    for (const task of tasks) {
      if (task.state === 'settled') continue;
      const { flight } = task;
      if (task.state !== 'running' || !flight) settle(task, isTold ? 'cancelled' : 'skipped', why);
      else if (why !== 'budget' && task.stop === null) {
        task.stop = why;
        // A task asked to stop before and has not ended has its time already.
        if (flight.hangs && now >= flight.dueAt - given.killGraceMs) continue;
        flight.ending = { result: flight.hangs ? 'abandoned' : 'cancelled', kind: why, retryAt: null };
        land(flight, flight.hangs ? now + given.killGraceMs : now);
      }
    }
  };

  // The gate: first come first served among those whose agent and provider allow it; the permit is asked for last.
  const ask = (task: Sim) => {
    enter(task, 'queued');
    if (isSpent) return settle(task, 'skipped', 'budget');
    queue.push({ task, agent: task.onFallback ? (given.fallback as string) : task.spec.agent });
    decide();
  };
  const startAt = ({ agent }: { agent: string }) =>
    Math.max(paceOf(agent).startAt(gapOf(agent)), given.staggerMs ? lastStart + given.staggerMs : now);
  const decide = () => {
    if (isDeciding) return;
    isDeciding = true;
    for (let next = nextStart(); next; next = nextStart()) {
      queue.splice(queue.indexOf(next), 1);
      if (breakerOf(next.agent).permits) start(next.task, next.agent);
      else refuse(next.task);
    }
    isDeciding = false;
  };
  const free = () => {
    queue.splice(0, queue.length, ...queue.filter(({ task }) => task.state === 'queued'));
    const out = (agent: string) => [...flights].filter(({ agentId }) => agentId === agent).length;
    return queue.filter(({ agent }) => {
      return flights.size < given.maxConcurrent && out(agent) < (given.agents[agent]?.maxConcurrent ?? Infinity);
    });
  };
  const nextStart = () => {
    const requests = free();
    const soonest = Math.min(...requests.map(startAt));
    gateAt = soonest;
    if (soonest > now && soonest < Infinity)
      at(
        soonest,
        'gate',
        () => gateAt === soonest,
        () => {},
      );
    return requests.find((request) => startAt(request) <= now);
  };
  const start = (task: Sim, agentId: string) => {
    enter(task, 'running');
    const { flight, endsAt, limit, isTied: isDueAtItsEnd } = flightOf(task, agentId, given, now);
    isTied ||= isDueAtItsEnd;
    task.flight = flight;
    flights.add(flight);
    logins.started(flight, agentId);
    lastStart = now;
    paceOf(agentId).started(now);
    if (breakerOf(agentId).started(flight)) {
      const until = now + limit + given.killGraceMs;
      for (const waiter of breakerOf(agentId).waiters) awaitProbe(waiter, until);
      breakerOf(agentId).probeUntil = until;
    }
    land(flight, endsAt);
    started += 1;
    if (started === given.budgetAttempts) {
      isSpent = true;
      stopAll('budget');
    }
    admit();
  };
  const land = (flight: Flight, time: number) => {
    flight.dueAt = time;
    const isLive = () => flights.has(flight) && flight.dueAt === time;
    at(time, flight.task.taskId, isLive, () => end(flight));
  };
  const breakerFor = (task: Sim) => breakerOf(task.onFallback ? (given.fallback as string) : task.spec.agent);
  const awaitProbe = (task: Sim, until: number) => {
    task.openMs += task.state === 'open' ? now - task.openSince : 0;
    enter(task, 'open');
    task.openSince = now;
    sleep(task, until, () => {
      leave(task);
      task.openMs += now - task.openSince;
      ask(task);
    });
  };
  const refuse = (task: Sim) => {
    const { isProbing, probeUntil, waiters } = breakerFor(task);
    if (isProbing && probeUntil > now && (task.onFallback || !canFallBack(task, given))) {
      if (!task.onFallback) task.kind = 'circuit_open';
      waiters.push(task);
      awaitProbe(task, probeUntil);
      return admit();
    }
    if (task.onFallback) return settle(task, 'failed', task.kind);
    enter(task, 'open');
    task.kind = 'circuit_open';
    const before = queue.length;
    admit();
    if (canFallBack(task, given)) {
      // A task let in at this instant may ask before or after it.
      isTied ||= queue.length > before;
      return fallBack(task);
    }
    awaitCall(task);
  };
  const awaitCall = (task: Sim) => {
    const { onOpen, maxOpenWaitMs } = given.breaker;
    if (onOpen === 'fail' || task.openMs >= maxOpenWaitMs) return settle(task, 'failed', 'circuit_open');
    task.openSince = now;
    enter(task, 'open');
    breakerOf(task.spec.agent).waiters.push(task);
    sleep(task, now + maxOpenWaitMs - task.openMs, () => {
      leave(task);
      settle(task, 'failed', 'circuit_open');
    });
  };
  const leave = (task: Sim) => {
    const breaker = breakerFor(task);
    breaker.waiters = breaker.waiters.filter((waiter) => waiter !== task);
  };
  /** A probe has failed: those that waited for its end are judged by the policy. */
  const judgeWaiters = (agent: string) => {
    for (const task of [...breakerOf(agent).waiters]) {
      if (task.state !== 'open') continue;
      leave(task);
      task.openMs += now - task.openSince;
      if (task.onFallback) settle(task, 'failed', task.kind);
      else awaitCall(task);
    }
  };
  const call = (agent: string, who: 'all' | 'one') => {
    for (const task of breakerOf(agent).waiters.slice(0, who === 'one' ? 1 : undefined)) {
      // Another of them may just have ended the run.
      if (task.state !== 'open') continue;
      leave(task);
      task.openMs += now - task.openSince;
      ask(task);
    }
  };
  const fallBack = (task: Sim) => {
    task.onFallback = true;
    ask(task);
  };

  // The end of an attempt: the breaker hears of it, the task continues, then the lease is free.
  const end = (flight: Flight) => {
    const { task, ending, n, agentId, startedAt } = flight;
    const ended: Ended = { ...ending, agentId, startedAt, endedAt: now };
    task.attempts.push({ n, agentId, startedAt, endedAt: now, result: ending.result });
    paceOf(agentId).ended(ended, gapOf(agentId));
    const isDenied = ending.kind === 'auth' && task.stop === null && task.refuted < 3;
    const { verdict, judged } = logins.ended(flight, ending.result === 'succeeded', isDenied);
    judgeAgent(flight, ended, ending.result === 'rate_limited' || task.stop !== null || verdict !== null);
    goOn(task, flight, verdict);
    flights.delete(flight);
    decide();
    for (const { attempt, isRefuted } of judged) giveVerdict(attempt, isRefuted);
  };
  const judgeAgent = (flight: Flight, ended: Ended, isNeutral: boolean) => {
    const { agentId } = flight;
    const breaker = breakerOf(agentId);
    const said = breaker.ended(flight, ended, isNeutral);
    if (said === 'all' || said === 'one') call(agentId, said);
    if (said === 'opens') {
      judgeWaiters(agentId);
      const halfOpen = () => {
        breaker.state = 'half';
        call(agentId, 'one');
      };
      at(now + given.resetMs, `breaker ${agentId}`, () => true, halfOpen);
    }
  };
  const giveVerdict = (flight: Flight, isRefuted: boolean) => {
    const { task, agentId, startedAt, ending } = flight;
    if (task.state !== 'judged' || task.flight !== flight) return;
    if (isRefuted) {
      task.refuted += 1;
      return ask(task);
    }
    judgeAgent(flight, { ...ending, agentId, startedAt, endedAt: now }, false);
    if (!task.onFallback && canFallBack(task, given)) return fallBack(task);
    settle(task, 'failed', 'auth');
  };
  const goOn = (task: Sim, flight: Flight, verdict: 'pending' | 'refuted' | null) => {
    const { result, kind } = flight.ending;
    if (task.stop !== null) return settle(task, 'cancelled', task.stop);
    if (result === 'succeeded') return settle(task, 'succeeded', null);
    if (verdict !== null && isSpent) return settle(task, 'skipped', 'budget');
    if (verdict === null || !task.onFallback) task.kind = kind;
    if (verdict === 'pending') return enter(task, 'judged');
    if (verdict === 'refuted') {
      task.refuted += 1;
      return ask(task);
    }
    const next = nextOf(task, flight, given, now, paceOf(flight.agentId).coolUntil);
    if (next === 'fail') return settle(task, 'failed', kind);
    if (isSpent) return settle(task, 'skipped', 'budget');
    if (next === 'fallback') return fallBack(task);
    enter(task, 'sleeping');
    sleep(task, next, () => ask(task));
  };
  // Time goes from event to event.
  for (const spec of given.tasks) {
    const level = 1 + Math.max(0, ...spec.dependsOn.map((id) => find(id).wave));
    tasks.push(newSim(spec, level));
  }
  const { cancelAt, timeoutMs } = given;
  const always = () => true;
  if (cancelAt !== null) at(cancelAt, 'run', always, () => stopAll('cancelled'));
  if (timeoutMs !== null) at(timeoutMs, 'run', always, () => stopAll('timeout'));
  if (given.schedule === 'eager') for (const task of tasks) if (task.wave === 1) offer(task);
  admit();
  while (tasks.some(({ state }) => state !== 'settled')) {
    const live = timers.filter(({ isLive }) => isLive()).sort((a, b) => a.at - b.at);
    timers.splice(0, timers.length, ...live);
    const timer = timers.shift();
    if (!timer) throw new Error('The simulation is stuck.');
    isTied ||= timers.some(({ at, from }) => at === timer.at && from !== timer.from);
    now = timer.at;
    timer.run();
    decide();
  }
  const outcomes = tasks.map(({ taskId, status, via, kind, attempts, settledAt }) => {
    return { taskId, status, via, kind, attempts, settledAt };
  });
  return { status: statusOf(outcomes, stopped, given.tasks), outcomes, order, isTied };
}
