import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import type { ChartDefinition, ChartTransitionDefinition } from './chart.schema.ts';

/** Facts about a transition for a recorder. */
export interface TransitionFacts {
  /** The transition's key alone in a list: what most moves report. */
  readonly keys: string[];
  readonly hasTarget: boolean;
  readonly isAlways: boolean;
}

const facts = new WeakMap<object, TransitionFacts>();

/** A transition by the key its machine's definition has it under. */
export function factsOf(transition: AnyTransitionDefinition): TransitionFacts {
  const known = facts.get(transition);
  return known ?? remember(transition, 0);
}

function remember(transition: AnyTransitionDefinition, index: number): TransitionFacts {
  const event = String(transition.eventType ?? '');
  const guard = transition.guard === undefined ? '' : nameOf(transition.guard);
  const made: TransitionFacts = {
    keys: [`${transition.source.id}|${event}|${index}|${guard}`],
    hasTarget: (transition.target?.length ?? 0) > 0,
    isAlways: event === '',
  };
  facts.set(transition, made);
  return made;
}

/** A machine's chart as plain JSON, with a key for every transition, `always` included. */
export function defineChart(machine: AnyStateMachine): ChartDefinition {
  return defineState(machine.root);
}

function defineState(node: AnyStateNode): ChartDefinition {
  const initial = node.type === 'compound' ? node.initial?.target?.[0]?.id : undefined;
  const transitions = [...(node.always ? [node.always] : []), ...node.transitions.values()].flatMap((group) =>
    group.map((transition, index) => defineTransition(transition, index)),
  );
  const states = Object.values(node.states).sort((a, b) => a.order - b.order);
  return {
    id: node.id,
    key: node.key,
    type: node.type,
    ...(initial === undefined ? {} : { initial }),
    ...(node.tags.length > 0 ? { tags: [...node.tags] } : {}),
    ...(node.entry.length > 0 ? { entry: node.entry.map(nameOf) } : {}),
    ...(node.exit.length > 0 ? { exit: node.exit.map(nameOf) } : {}),
    ...(node.invoke.length > 0
      ? { invokes: node.invoke.map(({ id, src }) => ({ id, src: typeof src === 'string' ? src : 'inline' })) }
      : {}),
    ...(transitions.length > 0 ? { transitions } : {}),
    ...(states.length > 0 ? { states: states.map(defineState) } : {}),
  };
}

function defineTransition(transition: AnyTransitionDefinition, index: number): ChartTransitionDefinition {
  return {
    key: remember(transition, index).keys[0] as string,
    event: String(transition.eventType ?? ''),
    targets: transition.target?.map(({ id }) => id) ?? [],
    ...(transition.guard === undefined ? {} : { guard: nameOf(transition.guard) }),
    ...(transition.actions.length > 0 ? { actions: transition.actions.map(nameOf) } : {}),
    ...(transition.reenter ? { reenter: true as const } : {}),
  };
}

/** The name of an action or guard; one written in place has none but its function's. */
function nameOf(implementation: unknown): string {
  if (typeof implementation === 'string') return implementation;
  const { type, name } = (implementation ?? {}) as { type?: unknown; name?: unknown };
  if (typeof type === 'string') return type;
  return typeof name === 'string' && name !== '' ? name : 'inline';
}
