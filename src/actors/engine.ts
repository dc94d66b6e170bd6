import {
  type Actor,
  type ActorLogic,
  type ActorRefFrom,
  type AnyActorLogic,
  type AnyActorRef,
  createActor,
  type EventObject,
  type Snapshot,
} from 'xstate';
import { type ResolvedAgent, resolveAgents } from '../agents/resolve.ts';
import { captureContext, type Within } from '../base/async-context.ts';
import type { AnswerStore } from '../journal/answers.ts';
import type { Journal } from '../journal/journal.ts';
import type { ReleaseBreakers } from '../machines/gate/events.ts';
import type { GateLimits, Ledger } from '../machines/gate/logic.ts';
import { type GateInput, gateMachine } from '../machines/gate/machine.ts';
import { restoredPace, storedPace } from '../machines/gate/pacing.ts';
import type { RunAccount } from '../machines/gate/run-budgets.ts';
import type { Price } from '../policy/budget.ts';
import { POLICIES } from '../policy/presets.ts';
import type { StoredBreaker } from '../run/entries.ts';
import type { BreakerMetrics } from '../run/result.ts';
import type { Wait } from '../run/wait.ts';
import type { Agent, AgentFunction } from '../types/agent.ts';
import { collectable } from '../xstate/collectable.ts';
import { nowOf, relay } from '../xstate/messaging.ts';
import { type Breaker, Breakers, type BreakerTerms, type Guarded } from './breakers.ts';
import { executor } from './executor.ts';
import type { AroundAttempt } from './in-flight.ts';
import type { EngineCommand, EnsureBreaker, Services } from './services.ts';

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
  /** Wraps each call of an agent, as tracing does. Default: it is called as it is. */
  around?: AroundAttempt | undefined;
}

export const DEFAULT_KILL_GRACE_MS = 5000;

export type EngineSnapshot = Snapshot<undefined> & { services: Engine };

export type EngineLogic = ActorLogic<EngineSnapshot, EngineCommand | { type: `xstate.${string}` }, EngineInput>;

/** The gate, the executor, the breakers and the agents that all runs of one engine share, and those runs. */
export class Engine implements Services {
  readonly gate: ActorRefFrom<typeof gateMachine>;
  readonly executor: AnyActorRef & Services['executor'];
  readonly agents: ReadonlyMap<string, ResolvedAgent>;
  readonly random: () => number;
  readonly killGraceMs: number;
  readonly runs = new Map<string, AnyActorRef>();
  hasCalled = false;
  /** By actor id of the run: the async context of the code that started it. */
  readonly contexts = new Map<string, Within>();
  readonly #own = captureContext();
  readonly #breakers: Breakers;
  readonly engine: AnyActorRef & Services['engine'];
  readonly answers: AnswerStore | null;
  readonly #prices: Readonly<Record<string, Price>>;

  constructor(self: AnyActorRef, input: EngineInput) {
    this.engine = self;
    this.random = input.random ?? Math.random;
    this.answers = input.answers ?? null;
    this.#prices = input.prices ?? {};
    const { journal } = input;
    this.#breakers = new Breakers({
      parent: self,
      stored: journal?.breakers() ?? new Map(),
      keep: journal && ((breaker) => journal.saveBreaker(breaker)),
    });
    this.killGraceMs = input.killGraceMs ?? DEFAULT_KILL_GRACE_MS;
    this.agents = resolveAgents(input.agents ?? {});
    this.gate = createActor(collectable(gateMachine), {
      id: 'gate',
      parent: self,
      input: {
        limits: input.limits ?? {},
        breakerOf: (agent, runId) => this.breakerOf(agent, runId),
        engine: self as AnyActorRef & Services['engine'],
        withinRun: (runId) => this.withinRun(runId),
        ...(input.journal ? keptPaces(input.journal, nowOf(self), input.maxCoolingMs) : {}),
      },
    });
    this.executor = createActor(executor as AnyActorLogic, {
      id: 'executor',
      parent: self,
      input: {
        gate: this.gate,
        isCalm: (agent: ResolvedAgent, runId: string) => this.#isCalm(agent, runId),
        priceOf: (agent: ResolvedAgent) => this.#priceOf(agent),
        withinRun: (runId: string) => this.withinRun(runId),
        around: input.around,
        onCall: () => {
          this.hasCalled = true;
        },
      },
    }) as Engine['executor'];
  }

  /** The async context of a run; of a run that is a root of its own, that in which it was created. */
  withinRun(runId: string): Within {
    return this.contexts.get(`${RUN}${runId}`) ?? this.#own;
  }

  breakerOf(agent: Guarded, runId: string, terms?: BreakerTerms): Breaker {
    return this.#breakers.of(agent, runId, terms);
  }

  /** Neither breaker nor pace has anything to learn from one more success. */
  #isCalm(agent: ResolvedAgent, runId: string): boolean {
    return this.#breakers.isCalm(agent, runId) && !this.#ledger.isSlowed(agent.provider);
  }

  /** By its own id, or that of the agent that plays it, else by its model. */
  #priceOf({ id, base, model }: Pick<ResolvedAgent, 'id' | 'base' | 'model'>): Price | null {
    const of = (name: string) => (Object.hasOwn(this.#prices, name) ? (this.#prices[name] ?? null) : null);
    return of(id) ?? (base === undefined ? null : of(base)) ?? (model === null ? null : of(model));
  }

  breakerMetrics(agent: Guarded, runId: string): BreakerMetrics | null {
    return this.#breakers.metrics(agent, runId);
  }

  /** Forgets and returns the breakers that only an ended run used. */
  releaseBreakers(runId: string): AnyActorRef[] {
    return this.#breakers.release(runId);
  }

  get #ledger(): Ledger {
    return this.gate.getSnapshot().context.ledger;
  }

  get limits(): GateLimits {
    return this.#ledger.limits;
  }

  waitOf(agent: ResolvedAgent, runId: string): Wait | null {
    return this.#ledger.waitOf(agent, runId, nowOf(this.engine));
  }

  isSpent(runId: string): boolean {
    const account = this.#account(runId);
    if (!account) return false;
    return account.spent !== null || (account.until !== null && account.until <= nowOf(this.engine));
  }

  #account(runId: string): RunAccount | undefined {
    return this.#ledger.accounts.runs.get(runId);
  }

  start(): void {
    this.gate.start();
    this.executor.start();
    this.#breakers.start();
  }

  children(): AnyActorRef[] {
    return [...this.runs.values(), this.executor, ...this.#breakers.all(), this.gate];
  }
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
      const { agent, runId, policy, stored, log } = event as EnsureBreaker;
      const keep = log ? (breaker: StoredBreaker) => log.append({ type: 'breaker.changed', ...breaker }) : undefined;
      services.breakerOf(agent, runId, { policy, stored, keep });
    } else if (event.type === 'breakers.release') {
      const { runId } = event as ReleaseBreakers;
      for (const breaker of services.releaseBreakers(runId)) scope.stopChild(breaker);
    } else if (event.type === 'xstate.stop') {
      for (const child of services.children()) scope.stopChild(child);
      return { ...snapshot, status: 'stopped' } as EngineSnapshot;
    } else if (event.type.startsWith('xstate.done.actor.') || event.type.startsWith('xstate.error.actor.')) {
      const { actorId } = event as unknown as { actorId: string };
      const isRun = services.runs.delete(actorId);
      services.contexts.delete(actorId);
      // One that broke has not said so itself.
      if (isRun && event.type.startsWith('xstate.error.'))
        relay(scope, services.gate, { type: 'run.closed', runId: actorId.slice(RUN.length) });
    }
    return snapshot;
  },
  getPersistedSnapshot: ({ status, output, error }) => ({ status, output, error }) as Snapshot<unknown>,
};

const RUN = 'run.';

/** Makes an actor that runs under an engine, and in an async context; the caller starts it there. */
export function createRun<L extends AnyActorLogic>(
  root: ActorRefFrom<EngineLogic>,
  runId: string,
  logic: L,
  input: unknown,
  within?: Within,
): Actor<L> {
  const run = createActor(logic as AnyActorLogic, { id: `${RUN}${runId}`, parent: root, input: input as never });
  const { runs, contexts } = root.getSnapshot().services;
  runs.set(run.id, run);
  if (within) contexts.set(run.id, within);
  return run as Actor<L>;
}
