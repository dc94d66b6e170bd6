import { type ActorRefFrom, type AnyActorRef, createActor, type SnapshotFrom } from 'xstate';
import { type AgentProfile, isOfRuns } from '../agents/resolve.ts';
import { TurnoverMap } from '../base/turnover-map.ts';
import { breakerMachine } from '../machines/breaker/machine.ts';
import { restoredBreaker } from '../machines/breaker/restored.ts';
import type { BreakerPolicy } from '../policy/policy.ts';
import { POLICIES } from '../policy/presets.ts';
import type { StoredBreaker } from '../run/entries.ts';
import type { BreakerMetrics } from '../run/result.ts';
import { collectable } from '../xstate/collectable.ts';
import { nowOf } from '../xstate/messaging.ts';
import { BreakerMemory } from './breaker-memory.ts';

export type Breaker = ActorRefFrom<typeof breakerMachine>;

/** Facts about an agent for its breaker. */
export type Guarded = Pick<AgentProfile, 'id'> & Partial<Pick<AgentProfile, 'adHoc' | 'base' | 'identity'>>;

/** How a breaker is made, or judged from now on. */
export interface BreakerTerms {
  policy?: BreakerPolicy;
  /** For an agent that a plan defines: the state its last run left. The others are known here. */
  stored?: StoredBreaker | undefined;
  /** For such an agent: notified of its record of failures whenever that changes. */
  keep?: ((breaker: StoredBreaker) => void) | undefined;
}

export interface BreakersInput {
  /** The actor they live under. */
  parent: AnyActorRef;
  /** As the journal had them, by agent; each is used once. */
  stored: ReadonlyMap<string, StoredBreaker>;
  /** Stores the state of breakers that outlive a run. Default: none. */
  keep?: ((breaker: StoredBreaker) => void) | undefined;
}

/**
 * Keeps a breaker for each agent of the engine, over all its runs. For an agent that a plan describes one as well, over the runs whose
 * plans say the same of it, and it ends with the last of them that is under way; the next one begins with what it was left with. For
 * an agent that a plan makes up one for each run, since its id means nothing beyond that.
 */
export class Breakers {
  readonly #input: BreakersInput;
  readonly #all = new TurnoverMap<string, Breaker>();
  /** Of breakers that are not the engine's, the runs that have a use for them; and the other way round. */
  readonly #usersOf = new TurnoverMap<string, Set<string>>();
  readonly #usedBy = new TurnoverMap<string, Set<string>>();
  readonly #left: BreakerMemory;
  #started = false;

  constructor(input: BreakersInput) {
    this.#input = input;
    this.#left = new BreakerMemory(input.stored);
  }

  /** Made when first asked for, judged by the policy it was last configured with. */
  of(agent: Guarded, runId: string, terms: BreakerTerms = {}): Breaker {
    const { policy } = terms;
    const key = keyOf(agent, runId);
    if (isOfRuns(agent)) {
      entry(this.#usersOf, key).add(runId);
      entry(this.#usedBy, runId).add(key);
    }
    const known = this.#all.get(key);
    if (!known) return this.#make(key, agent, runId, terms);
    if (policy && known.getSnapshot().context.policy !== policy) known.send({ type: 'breaker.configure', policy });
    return known;
  }

  find(agent: Guarded, runId: string): Breaker | undefined {
    return this.#all.get(keyOf(agent, runId));
  }

  /** Closed, and with no failure on record. */
  isCalm(agent: Guarded, runId: string): boolean {
    const snapshot = this.find(agent, runId)?.getSnapshot();
    return !snapshot || (snapshot.value === 'closed' && snapshot.context.failures.length === 0);
  }

  /** Null when the agent's breaker was never needed. */
  metrics(agent: Guarded, runId: string): BreakerMetrics | null {
    const snapshot = this.find(agent, runId)?.getSnapshot();
    return snapshot ? { state: stateOf(snapshot), ...snapshot.context.metrics } : null;
  }

  /** Forgets and returns the breakers that only an ended run used. */
  release(runId: string): Breaker[] {
    const released: Breaker[] = [];
    for (const key of this.#usedBy.get(runId) ?? []) {
      const users = this.#usersOf.get(key);
      users?.delete(runId);
      if (users && users.size > 0) continue;
      this.#usersOf.delete(key);
      const breaker = this.#all.get(key);
      if (!breaker) continue;
      this.#all.delete(key);
      released.push(breaker);
      const snapshot = breaker.getSnapshot();
      if (snapshot.context.runId === null && !snapshot.context.adHoc)
        this.#left.add(storedBreaker(snapshot, key), snapshot.context.policy, nowOf(this.#input.parent));
    }
    this.#usedBy.delete(runId);
    return released;
  }

  start(): void {
    this.#started = true;
    for (const breaker of this.all()) breaker.start();
  }

  all(): Breaker[] {
    return [...this.#all.values()];
  }

  #make(key: string, { id, adHoc = false, base }: Guarded, runId: string, terms: BreakerTerms): Breaker {
    const { parent } = this.#input;
    const isMadeUp = base !== undefined;
    const { policy } = terms;
    // An agent that calls itself ad hoc is another one in the next process.
    const lasting = adHoc ? {} : { stored: this.#left.take(key), keep: this.#input.keep };
    const { stored, keep }: BreakerTerms = isMadeUp ? terms : lasting;
    const begun = stored && restoredBreaker(stored, policy ?? POLICIES.patient.breaker, nowOf(parent));
    const { logic = breakerMachine, restored } = begun ?? {};
    const input = {
      agentId: id,
      adHoc,
      ...(isMadeUp ? { runId } : {}),
      ...(policy ? { policy } : {}),
      ...(restored ? { restored } : {}),
    };
    const breaker = createActor(collectable(logic), { id: `breaker.${id}`, parent, input });
    this.#all.set(key, breaker);
    if (keep) keepChanges(breaker, isMadeUp ? id : key, keep);
    if (this.#started) breaker.start();
    return breaker;
  }
}

/** Which breaker is an agent's in a run. */
function keyOf({ id, base, identity }: Guarded, runId: string): string {
  return base === undefined ? (identity ?? id) : `${runId}\n${id}`;
}

function entry(sets: TurnoverMap<string, Set<string>>, key: string): Set<string> {
  const known = sets.get(key);
  if (known) return known;
  const made = new Set<string>();
  sets.set(key, made);
  return made;
}

function stateOf(snapshot: SnapshotFrom<typeof breakerMachine>): StoredBreaker['state'] {
  return snapshot.matches('halfOpen') ? 'halfOpen' : snapshot.matches('open') ? 'open' : 'closed';
}

function storedBreaker(snapshot: SnapshotFrom<typeof breakerMachine>, agentId: string): StoredBreaker {
  const { failures, retryAt } = snapshot.context;
  return { agentId, state: stateOf(snapshot), failures, retryAt };
}

/** Reports a breaker's record of failures whenever that changes. */
function keepChanges(breaker: Breaker, agentId: string, keep: (breaker: StoredBreaker) => void): void {
  let last = breaker.getSnapshot();
  breaker.subscribe((snapshot) => {
    if (snapshot.value === last.value && snapshot.context.failures === last.context.failures) return;
    last = snapshot;
    keep(storedBreaker(snapshot, agentId));
  });
}
