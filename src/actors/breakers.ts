import { type ActorRefFrom, type AnyActorRef, createActor, type SnapshotFrom } from 'xstate';
import type { AgentProfile } from '../agents/resolve.ts';
import type { StoredBreaker } from '../journal/entries.ts';
import { breakerMachine } from '../machines/breaker/machine.ts';
import { restoredBreaker } from '../machines/breaker/restored.ts';
import type { BreakerPolicy } from '../policy/policy.ts';
import { POLICIES } from '../policy/presets.ts';
import type { BreakerMetrics } from '../types.ts';
import { lean } from './lean.ts';
import { nowOf } from './scope.ts';

export type Breaker = ActorRefFrom<typeof breakerMachine>;

/** What a breaker needs to know of its agent. */
export type Guarded = Pick<AgentProfile, 'id'> & Partial<Pick<AgentProfile, 'adHoc' | 'base'>>;

/** How a breaker is made, or judged from now on. */
export interface BreakerTerms {
  policy?: BreakerPolicy;
  /** As it was left by whoever had it before; an agent of the engine's begins as the engine's journal has it. */
  stored?: StoredBreaker | undefined;
  /** Hears what it holds against its agent, whenever that changes. */
  keep?: ((breaker: StoredBreaker) => void) | undefined;
}

export interface BreakersInput {
  /** The actor they live under. */
  parent: AnyActorRef;
  /** As the journal had them; each is used once. */
  stored: ReadonlyMap<string, StoredBreaker>;
  /** Keeps what the breakers of the engine's own agents learn. Default: nobody does. */
  keep?: ((breaker: StoredBreaker) => void) | undefined;
}

/**
 * One breaker for each agent of the engine, over all its runs; and for an agent that a plan makes up one for each run, since its id
 * means nothing beyond that: it is made and ends with the run.
 */
export class Breakers {
  readonly #input: BreakersInput;
  readonly #shared = new Map<string, Breaker>();
  readonly #ofRuns = new Map<string, Map<string, Breaker>>();
  #started = false;

  constructor(input: BreakersInput) {
    this.#input = input;
  }

  /** Made when first asked for, judged by the policy it was last configured with. */
  of(agent: Guarded, runId: string, terms: BreakerTerms = {}): Breaker {
    const { policy } = terms;
    const known = this.find(agent, runId);
    if (!known) return this.#make(agent, runId, terms);
    if (policy && known.getSnapshot().context.policy !== policy) known.send({ type: 'breaker.configure', policy });
    return known;
  }

  find({ id, base }: Guarded, runId: string): Breaker | undefined {
    return base === undefined ? this.#shared.get(id) : this.#ofRuns.get(runId)?.get(id);
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

  /** Forgets those of a run that is over, and gives them. */
  release(runId: string): Breaker[] {
    const own = this.#ofRuns.get(runId);
    this.#ofRuns.delete(runId);
    return own ? [...own.values()] : [];
  }

  start(): void {
    this.#started = true;
    for (const breaker of this.all()) breaker.start();
  }

  all(): Breaker[] {
    return [...this.#shared.values(), ...[...this.#ofRuns.values()].flatMap((own) => [...own.values()])];
  }

  #make({ id, adHoc = false, base }: Guarded, runId: string, terms: BreakerTerms): Breaker {
    const { parent } = this.#input;
    const isShared = base === undefined;
    // An agent that calls itself ad hoc is another one in the next process.
    const lasting = isShared && !adHoc ? { stored: this.#input.stored.get(id), keep: this.#input.keep } : {};
    const { policy, stored, keep } = isShared ? { ...terms, stored: undefined, keep: undefined, ...lasting } : terms;
    const begun = stored && restoredBreaker(stored, policy ?? POLICIES.patient.breaker, nowOf(parent));
    const { logic = breakerMachine, restored } = begun ?? {};
    const input = {
      agentId: id,
      adHoc,
      ...(isShared ? {} : { runId }),
      ...(policy ? { policy } : {}),
      ...(restored ? { restored } : {}),
    };
    const breaker = createActor(lean(logic), { id: `breaker.${id}`, parent, input });
    const home = isShared ? this.#shared : this.#homeOf(runId);
    home.set(id, breaker);
    if (keep) keepChanges(breaker, keep);
    if (this.#started) breaker.start();
    return breaker;
  }

  #homeOf(runId: string): Map<string, Breaker> {
    const known = this.#ofRuns.get(runId);
    if (known) return known;
    const made = new Map<string, Breaker>();
    this.#ofRuns.set(runId, made);
    return made;
  }
}

function stateOf(snapshot: SnapshotFrom<typeof breakerMachine>): StoredBreaker['state'] {
  return snapshot.matches('halfOpen') ? 'halfOpen' : snapshot.matches('open') ? 'open' : 'closed';
}

/** Tells what a breaker holds against its agent, whenever that changes. */
function keepChanges(breaker: Breaker, keep: (breaker: StoredBreaker) => void): void {
  let last = breaker.getSnapshot();
  breaker.subscribe((snapshot) => {
    const { failures, retryAt, agentId } = snapshot.context;
    if (snapshot.value === last.value && failures === last.context.failures) return;
    last = snapshot;
    keep({ agentId, state: stateOf(snapshot), failures, retryAt });
  });
}
