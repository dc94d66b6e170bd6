import { type AnyStateMachine, StateMachine } from 'xstate';

/**
 * The same machine, begun in another of its top-level states, so an actor resumes where its journal left it.
 * A persisted snapshot would need every reference in its context revived; this needs the context's input alone.
 */
export function startingIn<M extends AnyStateMachine>(machine: M, state: string, actions: readonly string[] = []): M {
  const config = { ...machine.config, initial: { target: state, actions } };
  return new StateMachine(config as never, machine.implementations) as unknown as M;
}
