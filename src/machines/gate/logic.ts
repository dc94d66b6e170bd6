import { TurnoverMap } from '../../base/turnover-map.ts';
import type { Wait } from '../../run/wait.ts';
import type { AttemptJudged, LeaseRelease, RunOpened, StartRequest } from './events.ts';
import { KnownPaces } from './known-paces.ts';
import { type Lane, Lanes, type Waiting } from './lanes.ts';
import { coolingAfter, hasLearned, narrowed, newPace, type Pace, widened } from './pacing.ts';
import { Accounts, type RunAccount } from './run-budgets.ts';

export interface GateLimits {
  /** Leases out at once, over all runs. */
  maxConcurrent: number;
  /** Gap between any two starts, milliseconds; `null`: each provider has its own. */
  staggerMs: number | null;
  perAgent: Readonly<Record<string, number>>;
  perProvider: Readonly<Record<string, number>>;
  /** First cooling of a provider that does not say how long, milliseconds. */
  defaultCoolingMs: number;
}

/** How providers were asked by another process, by provider. */
export type Paces = ReadonlyMap<string, Pace>;

export interface Lease {
  readonly leaseId: string;
  readonly request: StartRequest;
  readonly run: RunAccount;
  startedAt: number;
  /** Breaker and pace know of its end. */
  isJudged: boolean;
}

/** Which attempt ended, and when its provider may be asked again if it was rate-limited. */
export interface Judged {
  lease: Lease;
  resumeAt: number | null;
}

/** Next step of the gate: ask the breaker for a request, wait until a start is due, or wait for an event. */
export type Decision = { do: 'ask'; request: StartRequest } | { do: 'pace'; at: number } | { do: 'idle' };

const IDLE: Decision = { do: 'idle' };

/** The working agent: an agent that a plan defines is another one in a role, and cannot do more at once than that one can. */
const playerOf = ({ id, base, identity }: StartRequest['agent']): string => identity ?? base ?? id;

/**
 * Waiting tasks, leases in use, and the next start. One object changed in place: thousands of sleepers may wake
 * at once, and copying their queue at every event would cost the square of their number.
 */
export class Ledger {
  readonly limits: GateLimits;
  readonly accounts = new Accounts();
  readonly leases = new TurnoverMap<string, Lease>();
  readonly #lanes = new Lanes();
  readonly #agentsOut = new TurnoverMap<string, number>();
  readonly #providersOut = new TurnoverMap<string, number>();
  readonly #paces: KnownPaces;
  #lastStart = Number.NEGATIVE_INFINITY;
  #seq = 0;
  /** The request whose breaker has been asked. Its lease is reserved. */
  asked: StartRequest | null = null;
  #askedWithdrawn = false;
  decision: Decision = IDLE;

  constructor(limits: GateLimits, paces: Paces = new Map()) {
    this.limits = limits;
    this.#paces = new KnownPaces(paces);
  }

  /** Requests that wait for a lease. */
  get waiting(): number {
    return this.#lanes.waiting;
  }

  /** No lease is left, and none is about to come back by itself. */
  get isFull(): boolean {
    return this.leases.size >= this.limits.maxConcurrent && !this.#askedWithdrawn;
  }

  open(event: RunOpened, now: number): void {
    this.accounts.open(event, now, this.#seq);
    if (event.lastStartAt) this.#lastStart = Math.max(this.#lastStart, Math.min(event.lastStartAt, now));
  }

  close(runId: string): void {
    this.withdrawRun(runId);
    this.accounts.runs.delete(runId);
  }

  /** Puts a request in its lane; false when its run's budget is spent, then nothing waits. */
  enqueue(request: StartRequest, now: number): boolean {
    const run = this.accounts.of(request.runId, this.#seq);
    if (this.accounts.judge(run, now)) return false;
    this.#seq += 1;
    this.#lanes.add(run, request, this.#seq);
    const { provider } = request.agent;
    this.accounts.noteCooling(provider, this.#paces.get(provider)?.coolUntil, [run], now);
    return true;
  }

  withdraw(requestId: string): void {
    if (this.asked?.requestId === requestId) this.#askedWithdrawn = true;
    this.#lanes.remove(requestId);
  }

  withdrawRun(runId: string): void {
    if (this.asked?.runId === runId) this.#askedWithdrawn = true;
    this.#lanes.removeRun(runId);
  }

  /** Looks at the head of every lane; linear in lanes, of which there is one for each agent of each run at most. */
  decide(now: number): Decision {
    this.decision = this.#next(now);
    return this.decision;
  }

  /** `returning`: decides as if that lease were back already. */
  #next(now: number, returning?: Lease): Decision {
    if (this.leases.size - (returning ? 1 : 0) >= this.limits.maxConcurrent) return IDLE;
    let best: Waiting | null = null;
    let bestRun: RunAccount | null = null;
    let wakeAt = Number.POSITIVE_INFINITY;
    for (const { lane, head } of this.#lanes.heads()) {
      if (!this.#hasRoom(lane, returning)) continue;
      const at = this.#startAt(lane);
      if (at > now) {
        wakeAt = Math.min(wakeAt, at);
        continue;
      }
      const { run } = lane;
      if (!best || !bestRun || run.served < bestRun.served || (run === bestRun && head.seq < best.seq)) {
        best = head;
        bestRun = run;
      }
    }
    if (best) return { do: 'ask', request: best.request };
    return wakeAt < Number.POSITIVE_INFINITY ? { do: 'pace', at: wakeAt } : IDLE;
  }

  #hasRoom({ run, agent }: Pick<Lane, 'run' | 'agent'>, returning?: Lease): boolean {
    if (run.spent) return false;
    const back = (same: boolean) => (returning && same ? 1 : 0);
    if (run.maxConcurrent !== null && run.out - back(returning?.run === run) >= run.maxConcurrent) return false;
    const player = playerOf(agent);
    const agentLimit = Math.min(
      agent.maxConcurrent ?? Infinity,
      this.limits.perAgent[agent.base ?? agent.id] ?? Infinity,
    );
    const gone = returning?.request.agent;
    const out = (this.#agentsOut.get(player) ?? 0) - back(gone !== undefined && playerOf(gone) === player);
    if (out >= agentLimit) return false;
    const providerLimit = this.limits.perProvider[agent.provider] ?? Infinity;
    return (this.#providersOut.get(agent.provider) ?? 0) - back(gone?.provider === agent.provider) < providerLimit;
  }

  /** Why a new request of a run for an agent would wait, as far as it is known now; null when it would start at once. */
  waitOf(agent: StartRequest['agent'], runId: string, now: number): Wait | null {
    const lane = { run: this.accounts.of(runId, this.#seq), agent };
    const { provider } = agent;
    const coolUntil = this.#paces.get(provider)?.coolUntil ?? 0;
    if (coolUntil > now) {
      const reason = `waits until ${provider} may be used again after a rate limit`;
      return { waitingFor: 'cooling', reason, until: coolUntil };
    }
    const { maxConcurrent } = this.limits;
    if (this.leases.size >= maxConcurrent)
      return { waitingFor: 'slot', reason: `waits for one of ${maxConcurrent} slots` };
    if (!this.#hasRoom(lane)) return { waitingFor: 'slot', reason: `waits for a slot of ${agent.id}` };
    const until = this.#startAt(lane);
    if (until <= now) return null;
    const isWide = (this.#paces.get(provider)?.extraMs ?? 0) > 0;
    const reason = `waits for the gap between starts${isWide ? `, which rate limits of ${provider} have widened` : ''}`;
    return { waitingFor: 'gap', reason, until };
  }

  #startAt({ run, agent }: Pick<Lane, 'run' | 'agent'>): number {
    const pace = this.#paces.get(agent.provider);
    const everywhere = this.#gapOf(run);
    // What rate limits added to the gap concerns their provider alone.
    const gap = (everywhere ?? agent.staggerMs) + (pace?.extraMs ?? 0);
    const byProvider = pace && gap > 0 ? pace.lastStart + gap : Number.NEGATIVE_INFINITY;
    const byGap = everywhere ? this.#lastStart + everywhere : Number.NEGATIVE_INFINITY;
    return Math.max(byGap, byProvider, pace?.coolUntil ?? Number.NEGATIVE_INFINITY);
  }

  /**
   * Whether a release hands its lease to a request that is due at once. Anything else is decided after the release.
   */
  isNextDueAfter({ leaseId, at, rateLimit, tokens, costUsd }: LeaseRelease): boolean {
    const lease = this.leases.get(leaseId);
    if (this.asked || !lease || (rateLimit && !lease.isJudged)) return false;
    // What it used may have spent a budget, and who is next depends on that.
    const { budget } = lease.run;
    if ((tokens && budget?.tokens !== undefined) || (costUsd && budget?.costUsd !== undefined)) return false;
    const next = this.#next(at, lease);
    return next.do === 'ask' && next.request.breaker;
  }

  /** Decides again at the instant of the action, and reserves. */
  reserveNext(now: number): StartRequest | null {
    const next = this.decide(now);
    if (next.do === 'ask') this.reserve(next.request);
    return this.asked;
  }

  /** The gap between any two starts; null when each provider has its own. */
  #gapOf(run: RunAccount): number | null {
    const { staggerMs } = this.limits;
    if (staggerMs === null || run.staggerMs === null) return staggerMs ?? run.staggerMs;
    return Math.max(staggerMs, run.staggerMs);
  }

  /** Takes the decided request out of its lane and reserves its lease. */
  reserve(request: StartRequest): void {
    this.asked = request;
    this.#askedWithdrawn = false;
    this.#lanes.remove(request.requestId);
    const run = this.accounts.of(request.runId, this.#seq);
    this.leases.set(request.requestId, { leaseId: request.requestId, request, run, startedAt: 0, isJudged: false });
    this.#count(request, 1);
    run.out += 1;
  }

  /** The breaker agreed: stamps the start. Null when the request was withdrawn meanwhile; its lease is then back. */
  grant(now: number): Lease | null {
    const request = this.asked as StartRequest;
    const lease = this.leases.get(request.requestId) as Lease;
    this.asked = null;
    if (this.#askedWithdrawn) {
      this.#askedWithdrawn = false;
      this.#return(lease);
      return null;
    }
    lease.startedAt = now;
    const { run } = lease;
    this.#lastStart = now;
    this.#paces.started(request.agent.provider, now, this.#gapOf(run) ?? request.agent.staggerMs);
    this.#seq += 1;
    run.served = this.#seq;
    run.attempts += 1;
    this.accounts.judge(run, now);
    return lease;
  }

  /** Whether rate limits have added to the gap of a provider what a success would narrow. */
  isSlowed(provider: string): boolean {
    return (this.#paces.get(provider)?.extraMs ?? 0) > 0;
  }

  /** How a provider is asked, where that is of any consequence to the next start. */
  paceOf({ request: { agent }, run }: Lease): Pace | null {
    const pace = this.#paces.get(agent.provider);
    if (!pace) return null;
    return (this.#gapOf(run) ?? agent.staggerMs) > 0 || hasLearned(pace) ? pace : null;
  }

  /** The breaker refused: the lease is back and no gap is spent. Null when the request was withdrawn meanwhile. */
  refuse(): StartRequest | null {
    const request = this.asked as StartRequest;
    this.asked = null;
    this.#return(this.leases.get(request.requestId) as Lease);
    const wanted = !this.#askedWithdrawn;
    this.#askedWithdrawn = false;
    return wanted ? request : null;
  }

  #return(lease: Lease): void {
    this.leases.delete(lease.leaseId);
    this.#count(lease.request, -1);
    lease.run.out -= 1;
  }

  #count({ agent }: StartRequest, by: 1 | -1): void {
    counted(this.#agentsOut, playerOf(agent), by);
    counted(this.#providersOut, agent.provider, by);
  }

  /** Enters what an end says of the provider, once. Null when it is known, or the lease is back already. */
  judge({ leaseId, rateLimit, result, at, tokens = 0, costUsd = 0 }: AttemptJudged | LeaseRelease): Judged | null {
    const lease = this.leases.get(leaseId);
    if (!lease || lease.isJudged) return null;
    lease.isJudged = true;
    lease.run.tokens += tokens;
    lease.run.costUsd += costUsd;
    if (tokens + costUsd > 0) this.accounts.judge(lease.run, at);
    const { agent } = lease.request;
    const pace = this.#paces.get(agent.provider) ?? newPace(lease.startedAt);
    this.#paces.set(agent.provider, pace, at);
    if (!rateLimit) {
      if (result === 'success') narrowed(pace);
      return { lease, resumeAt: null };
    }
    coolingAfter(pace, rateLimit.retryAt, lease.startedAt, at, this.limits.defaultCoolingMs);
    widened(pace, this.#gapOf(lease.run) ?? agent.staggerMs);
    const runs = new Set([lease.run, ...this.#lanes.runsAt(agent.provider)]);
    this.accounts.noteCooling(agent.provider, pace.coolUntil, runs, at);
    return { lease, resumeAt: pace.coolUntil };
  }

  /** Takes a lease back; a second release of it changes nothing. */
  release({ leaseId }: LeaseRelease): void {
    const lease = this.leases.get(leaseId);
    if (lease) this.#return(lease);
  }

  /** View for an inspector or a persisted snapshot. */
  toJSON(): object {
    const out = [...this.leases.values()].map(({ leaseId }) => leaseId);
    const outBy = { agent: Object.fromEntries(this.#agentsOut), provider: Object.fromEntries(this.#providersOut) };
    return { waiting: this.waiting, out, outBy, asked: this.asked?.requestId ?? null, lastStart: this.#lastStart };
  }
}

/** Forgets counts that reach 0: ids come and go for as long as an engine lives. */
function counted(counts: TurnoverMap<string, number>, of: string, by: 1 | -1): void {
  const count = (counts.get(of) ?? 0) + by;
  if (count === 0) counts.delete(of);
  else counts.set(of, count);
}
