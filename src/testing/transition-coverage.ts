import type { AnyActorRef, AnyMachineSnapshot, AnyStateMachine, InspectionEvent } from 'xstate';
import {
  alternativesOf,
  type ChartNode,
  type ChartTransition,
  keyOf,
  leavingFrom,
  nodesOf,
  transitionsOf,
} from './chart-transitions.ts';
import { type CoverageFigures, reportOf, shareOf } from './coverage-report.ts';

export interface CoverageOptions {
  /**
   * Transitions that cannot be taken, by key, each with the reason; or outcomes of guards, as the report writes them: `… | isPaid → false`.
   * They count in no figure, and must indeed never be seen.
   */
  unreachable?: Readonly<Record<string, string>>;
}

/** An inspector that counts. Pass it as `inspect` to any number of actors or engines. */
export interface TransitionCoverage {
  (event: InspectionEvent): void;
  readonly figures: CoverageFigures;
  /** Figures and what is missing, as text. */
  report(): string;
  /** Throws, with the report, when a percentage is below its bound, or an unreachable transition was taken. */
  assert(bounds: Partial<Record<keyof CoverageFigures, number>>): void;
}

/** Facts about one running actor. */
interface Watched {
  nodes: ReadonlySet<ChartNode>;
  /** A configuration whose `always` guards have been asked and are not known to have said yes. */
  unsettled: ReadonlySet<ChartNode> | null;
  last: string | null;
}

const NOWHERE: ReadonlySet<ChartNode> = new Set();

/**
 * Counts which states, transitions, pairs of transitions and guard outcomes of a machine were seen, on real actors, as
 * an `inspect` observer. It counts every actor of this machine in the system, also one with implementations provided,
 * embedded in another machine or run by an engine.
 *
 * A transition is known by `source | event | place among its alternatives | guard`.
 *
 * @example
 * const coverage = transitionCoverage(flow);
 * for (const path of testPaths(flow)) await runPath(path, flow, { inspect: coverage });
 * console.log(coverage.report());
 * coverage.assert({ transitions: 100, guards: 100 });
 */
export function transitionCoverage(machine: AnyStateMachine, options: CoverageOptions = {}): TransitionCoverage {
  const { unreachable = {} } = options;
  const known = transitionsOf(machine).map((one) => ({ key: keyOf(one), isGuarded: one.guard !== undefined }));
  const isReachable = (key: string) => !(key in unreachable);
  const reachable = known.filter(({ key }) => isReachable(key));
  const outcomesOf = (all: typeof known) =>
    all.flatMap(({ key, isGuarded }) => (isGuarded ? [`${key} → true`, `${key} → false`] : []));
  const names = new Set([...known.map(({ key }) => key), ...outcomesOf(known)]);
  const stray = Object.keys(unreachable).filter((key) => !names.has(key));
  if (stray.length > 0) throw new Error(`${machine.id} has no transition \`${stray.join('`, `')}\`.`);

  const states = new Set<string>();
  const taken = new Set<string>();
  const outcomes = new Set<string>();
  const pairs = new Set<string>();
  const possiblePairs = new Set<string>();
  const configurations = new Set<string>();
  const watched = new WeakMap<AnyActorRef, Watched>();

  const denied = (candidates: readonly ChartTransition[]) => {
    for (const one of candidates) if (one.guard !== undefined) outcomes.add(`${keyOf(one)} → false`);
  };
  const settle = (actor: Watched) => {
    for (const { always } of actor.unsettled ?? []) denied(always ?? []);
    actor.unsettled = null;
  };
  const enter = (actor: Watched, snapshot: AnyMachineSnapshot) => {
    actor.nodes = new Set(snapshot._nodes as unknown as ChartNode[]);
    for (const { id } of actor.nodes) states.add(id);
    actor.unsettled = snapshot.status === 'active' ? actor.nodes : null;
  };

  /** Guards of the event that said no: earlier alternatives, and those of states below the one that took it. */
  const noteDenied = (actor: Watched, type: string, transitions: readonly ChartTransition[]) => {
    for (const one of transitions) {
      const alternatives = alternativesOf(one);
      denied(alternatives.slice(0, alternatives.indexOf(one)));
    }
    if (transitions.some(({ eventType }) => eventType === '')) return;
    const sources = new Set(transitions.map(({ source }) => source.id));
    for (const leaf of actor.nodes) {
      if (Object.values(leaf.states).some((child) => actor.nodes.has(child))) continue;
      for (let node: ChartNode | undefined = leaf; node && !sources.has(node.id); node = node.parent) {
        denied(node.transitions.get(type) ?? []);
      }
    }
  };

  const noteMicrostep = (actor: Watched, type: string, snapshot: AnyMachineSnapshot, steps: ChartTransition[]) => {
    const isEventless = steps.some(({ eventType }) => eventType === '');
    if (!isEventless) settle(actor);
    noteDenied(actor, type, steps);
    for (const one of steps) {
      const key = keyOf(one);
      taken.add(key);
      // Of a start that moves on at once only the transition is seen, not the state it leaves.
      states.add(one.source.id);
      if (one.guard !== undefined) outcomes.add(`${key} → true`);
      if (actor.last !== null) pairs.add(`${actor.last} ⇒ ${key}`);
      actor.last = key;
    }
    enter(actor, snapshot);
    if (actor.last !== null && snapshot.status === 'active' && steps.length > 0) notePossible(actor.last, actor.nodes);
  };

  const notePossible = (last: string, nodes: ReadonlySet<ChartNode>) => {
    let configuration = last;
    for (const { id } of nodes) configuration += `\n${id}`;
    if (configurations.has(configuration)) return;
    configurations.add(configuration);
    for (const node of nodes) for (const next of leavingFrom(node)) possiblePairs.add(`${last} ⇒ ${keyOf(next)}`);
  };

  const observe = (event: InspectionEvent): void => {
    if (event.type !== '@xstate.microstep' && event.type !== '@xstate.snapshot') return;
    const ref = event.actorRef as AnyActorRef & { logic?: { config?: unknown } };
    if (ref.logic?.config !== machine.config) return;
    const actor = watched.get(ref) ?? { nodes: NOWHERE, unsettled: null, last: null };
    watched.set(ref, actor);
    const snapshot = event.snapshot as AnyMachineSnapshot;
    if (event.type === '@xstate.snapshot') {
      if (actor.nodes === NOWHERE) enter(actor, snapshot);
      settle(actor);
    } else if (event.event.type !== 'xstate.stop') {
      noteMicrostep(actor, event.event.type, snapshot, event._transitions as unknown as ChartTransition[]);
    }
  };

  const figures = (): CoverageFigures => ({
    states: shareOf(
      nodesOf(machine).map(({ id }) => id),
      states,
    ),
    transitions: shareOf(
      reachable.map(({ key }) => key),
      taken,
    ),
    pairs: shareOf(new Set([...possiblePairs, ...pairs]), pairs),
    guards: shareOf(outcomesOf(reachable).filter(isReachable), outcomes),
  });
  const report = () => reportOf(machine.id, figures(), unreachable);
  const assert: TransitionCoverage['assert'] = (bounds) => {
    const faults = Object.keys(unreachable)
      .filter((key) => taken.has(key) || outcomes.has(key))
      .map((key) => `\`${key}\` is said to be unreachable and was ${taken.has(key) ? 'taken' : 'seen'}.`);
    for (const [kind, bound] of Object.entries(bounds) as [keyof CoverageFigures, number][]) {
      const { percent } = figures()[kind];
      if (percent < bound) faults.push(`Expected ${bound} % of the ${kind}, got ${percent} %.`);
    }
    if (faults.length > 0) throw new Error(`${faults.join(' ')}\n${report()}`);
  };
  return Object.defineProperty(Object.assign(observe, { report, assert }), 'figures', {
    get: figures,
  }) as TransitionCoverage;
}
