import { type AnyActorLogic, type AnyActorScope, type AnyStateMachine, type EventObject, StateMachine } from 'xstate';

type Execute = AnyActorScope['actionExecutor'];

/** The scope of the actor in whose transition we are. */
let current: AnyActorScope | null = null;

const execute: Execute = (action) => current?.actionExecutor(action);

/**
 * An actor's scope, but for its executor, which stays the same whatever is assigned to it, and reaches no actor. Made for one
 * transition: to look it up by the actor's own would keep both, as long as the function in question is there.
 */
class LeanScope implements AnyActorScope {
  readonly self: AnyActorScope['self'];
  readonly id: string;
  readonly sessionId: string;
  readonly logger: AnyActorScope['logger'];
  readonly defer: AnyActorScope['defer'];
  readonly emit: AnyActorScope['emit'];
  readonly system: AnyActorScope['system'];
  readonly stopChild: AnyActorScope['stopChild'];

  constructor({ self, id, sessionId, logger, defer, emit, system, stopChild }: AnyActorScope) {
    this.self = self;
    this.id = id;
    this.sessionId = sessionId;
    this.logger = logger;
    this.defer = defer;
    this.emit = emit;
    this.system = system;
    this.stopChild = stopChild;
  }

  get actionExecutor(): Execute {
    return execute;
  }

  set actionExecutor(_: Execute) {}
}

const KNOWN: ReadonlySet<string> = new Set(
  'self id sessionId logger defer emit system stopChild actionExecutor'.split(' '),
);

let isKnown: boolean | null = null;

/** Another version of XState may have put more into its scopes, or have made them otherwise: then they are used as they are. */
function leanScopeOf(scope: AnyActorScope): AnyActorScope {
  isKnown ??= hasKnownKeys(scope);
  return isKnown ? new LeanScope(scope) : scope;
}

function hasKnownKeys(scope: AnyActorScope): boolean {
  const keys = Object.keys(scope);
  return keys.length === KNOWN.size && keys.every((key) => KNOWN.has(key));
}

function within<T>(scope: AnyActorScope, step: (own: never) => T): T {
  const before = current;
  current = scope;
  try {
    return step(leanScopeOf(scope) as never);
  } finally {
    current = before;
  }
}

const leanMachines = new WeakMap<AnyStateMachine, AnyStateMachine>();

/**
 * A machine whose actors are freed soon after their end. At each microstep XState assigns a new function to the executor of its
 * scope, to note what was executed. V8 takes a function that is assigned to a property for a method, and gives it a place among
 * what is old: all it has noted, which is the actor with every event and context, stays until the next full collection.
 * In a scope whose executor cannot be replaced that function is made, and reaches nothing. Only XState's pure functions
 * would read what it notes. Logic that is not a machine is given back as it is.
 */
export function collectable<L extends AnyActorLogic>(logic: L): L {
  if (!('root' in logic)) return logic;
  const machine = logic as unknown as AnyStateMachine;
  let made = leanMachines.get(machine);
  if (!made) {
    made = Object.assign(Object.create(machine) as AnyStateMachine, {
      // Started once by an actor of ours, and from no snapshot.
      start: StateMachine.prototype.start,
      transition: (snapshot: never, event: EventObject, scope: AnyActorScope) =>
        within(scope, (own) => machine.transition(snapshot, event as never, own)),
      getInitialSnapshot: (scope: AnyActorScope, input: unknown) =>
        within(scope, (own) => machine.getInitialSnapshot(own, input as never)),
    });
    leanMachines.set(machine, made);
    leanMachines.set(made, made);
  }
  return made as unknown as L;
}
