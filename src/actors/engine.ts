import {
  type Actor,
  type ActorLogic,
  type ActorRefFrom,
  type AnyActorLogic,
  type AnyActorRef,
  createActor,
  type EventObject,
  type Snapshot,
  type SnapshotFrom,
} from 'xstate';
import { type ResolvedAgent, resolveAgents } from '../agents/resolve.ts';
import type { AnswerStore } from '../journal/answers.ts';
import type { StoredBreaker } from '../journal/entries.ts';
import type { Journal } from '../journal/journal.ts';
import { breakerMachine } from '../machines/breaker/machine.ts';
import { restoredBreaker } from '../machines/breaker/restored.ts';
import type { RunAccount } from '../machines/gate/accounts.ts';
import type { GateLimits } from '../machines/gate/logic.ts';
import { type GateInput, gateMachine } from '../machines/gate/machine.ts';
import { restoredPace, storedPace } from '../machines/gate/pacing.ts';
import type { BreakerPolicy } from '../policy/policy.ts';
import { POLICIES } from '../policy/presets.ts';
import type { Agent, AgentFunction, BreakerMetrics, Price } from '../types.ts';
import { executor } from './executor.ts';
import { nowOf } from './scope.ts';
import type { EngineCommand, Services } from './services.ts';

export interface EngineInput {
  agents?: Record<string, Agent | AgentFunction>;
  limits?: Partial<GateLimits>;
  /** Default 5000. */
  killGraceMs?: number;
  random?: () => number;
  /** Answers of other runs. Default: none. */
  answers?: AnswerStore;
  /** By agent id or by name of the model. Default: none. */
  prices?: Readonly<Record<string, Price>>;
  /** Where breakers are kept beyond this engine. Default: nowhere. */
  journal?: Pick<Journal, 'breakers' | 'saveBreaker' | 'paces' | 'savePace'>;
  /** No cooling that another process left is longer. Default 120000. */
  maxCoolingMs?: number;
}

export const DEFAULT_KILL_GRACE_MS = 5000;

type Breaker = ActorRefFrom<typeof breakerMachine>;

export type EngineSnapshot = Snapshot<undefined> & { services: Engine };

export type EngineLogic = ActorLogic<EngineSnapshot, EngineCommand | { type: `xstate.${string}` }, EngineInput>;

/** The gate, the executor, the breakers and the agents that all runs of one engine share, and those runs. */
export class Engine implements Services {
  readonly gate: ActorRefFrom<typeof gateMachine>;
  readonly executor: AnyActorRef & Services['executor'];
  readonly agents = new Map<string, ResolvedAgent>();
  readonly random: () => number;
  readonly killGraceMs: number;
  readonly runs = new Map<string, AnyActorRef>();
  readonly #breakers = new Map<string, Breaker>();
  readonly engine: AnyActorRef & Services['engine'];
  readonly answers: AnswerStore | null;
  readonly #journal: EngineInput['journal'];
  readonly #prices: Readonly<Record<string, Price>>;
  /** As the journal had them when this engine was made; each is used once. */
  readonly #stored: ReadonlyMap<string, StoredBreaker>;
  #started = false;

  constructor(self: AnyActorRef, input: EngineInput) {
    this.engine = self;
    this.random = input.random ?? Math.random;
    this.answers = input.answers ?? null;
    this.#journal = input.journal;
    this.#prices = input.prices ?? {};
    this.#stored = input.journal?.breakers() ?? new Map();
    this.killGraceMs = input.killGraceMs ?? DEFAULT_KILL_GRACE_MS;
    this.addAgents(resolveAgents(input.agents ?? {}));
    this.gate = createActor(gateMachine, {
      id: 'gate',
      parent: self,
      input: {
        limits: input.limits ?? {},
        breakerOf: (agentId) => this.breakerOf(agentId),
        ...(input.journal ? keptPaces(input.journal, nowOf(self), input.maxCoolingMs) : {}),
      },
    });
    this.executor = createActor(executor as AnyActorLogic, {
      id: 'executor',
      parent: self,
      input: {
        gate: this.gate,
        isCalm: (agentId: string) => this.#isCalm(agentId),
        priceOf: (agent: ResolvedAgent) => this.#priceOf(agent),
      },
    }) as Engine['executor'];
  }

  addAgents(agents: ReadonlyMap<string, ResolvedAgent>): void {
    for (const [id, agent] of agents) this.agents.set(id, agent);
  }

  /** The breaker of an agent; made when first asked for, judged by the policy it was last configured with. */
  breakerOf(agentId: string, policy?: BreakerPolicy, adHoc = this.agents.get(agentId)?.adHoc ?? false): Breaker {
    let breaker = this.#breakers.get(agentId);
    if (!breaker) {
      const stored = adHoc ? undefined : this.#stored.get(agentId);
      const begun = stored && restoredBreaker(stored, policy ?? POLICIES.patient.breaker, nowOf(this.engine));
      const { logic = breakerMachine, restored } = begun ?? {};
      const input = { agentId, adHoc, ...(policy ? { policy } : {}), ...(restored ? { restored } : {}) };
      breaker = createActor(logic, { id: `breaker.${agentId}`, parent: this.engine, input });
      this.#breakers.set(agentId, breaker);
      if (this.#journal && !adHoc) keepBreaker(breaker, this.#journal);
      if (this.#started) breaker.start();
    } else if (policy && breaker.getSnapshot().context.policy !== policy) {
      breaker.send({ type: 'breaker.configure', policy });
    }
    return breaker;
  }

  /** Closed, and with no failure on record. */
  #isCalm(agentId: string): boolean {
    const snapshot = this.#breakers.get(agentId)?.getSnapshot();
    return !snapshot || (snapshot.value === 'closed' && snapshot.context.failures.length === 0);
  }

  /** By its own id, or that of the agent that plays it, else by its model. */
  #priceOf({ id, base, model }: Pick<ResolvedAgent, 'id' | 'base' | 'model'>): Price | null {
    const of = (name: string) => (Object.hasOwn(this.#prices, name) ? (this.#prices[name] ?? null) : null);
    return of(id) ?? (base === undefined ? null : of(base)) ?? (model === null ? null : of(model));
  }

  breakerMetrics(agentId: string): BreakerMetrics | null {
    const snapshot = this.#breakers.get(agentId)?.getSnapshot();
    return snapshot ? { state: stateOf(snapshot), ...snapshot.context.metrics } : null;
  }

  get limits(): GateLimits {
    return this.gate.getSnapshot().context.ledger.limits;
  }

  isSpent(runId: string): boolean {
    const account = this.#account(runId);
    if (!account) return false;
    return account.spent !== null || (account.until !== null && account.until <= nowOf(this.engine));
  }

  #account(runId: string): RunAccount | undefined {
    return this.gate.getSnapshot().context.ledger.accounts.runs.get(runId);
  }

  start(): void {
    this.#started = true;
    this.gate.start();
    this.executor.start();
    for (const breaker of this.#breakers.values()) breaker.start();
  }

  children(): AnyActorRef[] {
    return [...this.runs.values(), this.executor, ...this.#breakers.values(), this.gate];
  }
}

function stateOf(snapshot: SnapshotFrom<typeof breakerMachine>): StoredBreaker['state'] {
  return snapshot.matches('halfOpen') ? 'halfOpen' : snapshot.matches('open') ? 'open' : 'closed';
}

/** Keeps what a breaker holds against its agent, whenever that changes. */
function keepBreaker(breaker: Breaker, journal: NonNullable<EngineInput['journal']>): void {
  let last = breaker.getSnapshot();
  breaker.subscribe((snapshot) => {
    const { failures, retryAt, agentId } = snapshot.context;
    if (snapshot.value === last.value && failures === last.context.failures) return;
    last = snapshot;
    journal.saveBreaker({ agentId, state: stateOf(snapshot), failures, retryAt });
  });
}

/** How providers were asked before, and where it is kept how they are asked now. */
function keptPaces(
  journal: NonNullable<EngineInput['journal']>,
  now: number,
  maxCoolingMs = POLICIES.patient.cooling.maxCoolingMs,
): Pick<GateInput, 'paces' | 'keepPace'> {
  const paces = [...journal.paces().values()].map(
    (stored) => [stored.provider, restoredPace(stored, now, maxCoolingMs)] as const,
  );
  return {
    paces: new Map(paces),
    keepPace: (provider, pace, at) => journal.savePace(storedPace(provider, pace, at)),
  };
}

/** The actor every run of one `createSoar` lives under, and the root an inspector sees. */
export const engine: EngineLogic = {
  getInitialSnapshot: (scope, input) => ({
    status: 'active',
    output: undefined,
    error: undefined,
    services: new Engine(scope.self as AnyActorRef, input ?? {}),
  }),
  start: (snapshot) => snapshot.services.start(),
  transition: (snapshot, event: EventObject, scope) => {
    const { services } = snapshot;
    if (event.type === 'breaker.ensure') {
      const { agentId, policy, adHoc } = event as EngineCommand;
      services.breakerOf(agentId, policy, adHoc);
    } else if (event.type === 'xstate.stop') {
      for (const child of services.children()) scope.stopChild(child);
      return { ...snapshot, status: 'stopped' } as EngineSnapshot;
    } else if (event.type.startsWith('xstate.done.actor.') || event.type.startsWith('xstate.error.actor.')) {
      services.runs.delete((event as unknown as { actorId: string }).actorId);
    }
    return snapshot;
  },
  getPersistedSnapshot: ({ status, output, error }) => ({ status, output, error }) as Snapshot<unknown>,
};

/** Makes an actor that runs under an engine; the caller starts it. */
export function createRun<L extends AnyActorLogic>(
  root: ActorRefFrom<EngineLogic>,
  runId: string,
  logic: L,
  input: unknown,
): Actor<L> {
  const run = createActor(logic as AnyActorLogic, { id: `run.${runId}`, parent: root, input: input as never });
  root.getSnapshot().services.runs.set(run.id, run);
  return run as Actor<L>;
}
