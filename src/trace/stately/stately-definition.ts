import type { ChartDefinition, ChartTransitionDefinition } from '../chart/chart.schema.ts';

interface TransitionConfig {
  target?: string | string[];
  guard?: string;
  actions?: string[];
  reenter?: true;
}

interface InvokeConfig {
  id: string;
  src: string;
  onDone?: TransitionConfig[];
  onError?: TransitionConfig[];
}

/** A machine's config as `createMachine` takes it: what Stately's tools draw. */
export interface StateConfig {
  id?: string;
  type?: ChartDefinition['type'];
  initial?: string;
  tags?: string[];
  entry?: string[];
  exit?: string[];
  invoke?: InvokeConfig[];
  always?: TransitionConfig[];
  on?: Record<string, TransitionConfig[]>;
  after?: Record<string, TransitionConfig[]>;
  onDone?: TransitionConfig[];
  states?: Record<string, StateConfig>;
}

/** Turns a recorded chart back into a config that XState reads as the same machine. */
export function configOf(chart: ChartDefinition, isRoot = true): StateConfig {
  const { id, type, initial, tags, entry, exit, invokes, transitions = [], states } = chart;
  const config: StateConfig = {
    ...(isRoot ? { id } : undefined),
    ...(type === 'atomic' || type === 'compound' ? undefined : { type }),
    ...(initial === undefined ? undefined : { initial: initialKey(initial, chart) }),
    ...(tags ? { tags } : undefined),
    ...(entry ? { entry } : undefined),
    ...(exit ? { exit } : undefined),
    ...(invokes ? { invoke: invokes.map((invoke) => ({ ...invoke })) } : undefined),
  };
  for (const transition of transitions) place(config, transition, id);
  if (states) config.states = Object.fromEntries(states.map((state) => [state.key, configOf(state, false)]));
  return config;
}

function initialKey(initial: string, { states = [] }: ChartDefinition): string {
  return states.find(({ id }) => id === initial)?.key ?? `#${initial}`;
}

/** Puts a transition where a config has it: XState's own events stand for `onDone`, `onError` and `after`. */
function place(config: StateConfig, transition: ChartTransitionDefinition, id: string): void {
  const { event } = transition;
  const made = transitionOf(transition);
  const done = config.invoke?.find((invoke) => event === `xstate.done.actor.${invoke.id}`);
  const failed = config.invoke?.find((invoke) => event === `xstate.error.actor.${invoke.id}`);
  const [, delay] = event.startsWith('xstate.after.') && event.endsWith(`.${id}`) ? event.split('.').slice(1) : [];
  if (event === '') config.always = [...(config.always ?? []), made];
  else if (done) done.onDone = [...(done.onDone ?? []), made];
  else if (failed) failed.onError = [...(failed.onError ?? []), made];
  else if (event === `xstate.done.state.${id}`) config.onDone = [...(config.onDone ?? []), made];
  else if (delay !== undefined) config.after = appended(config.after, delay, made);
  else config.on = appended(config.on, event, made);
}

function appended(
  all: Record<string, TransitionConfig[]> | undefined,
  name: string,
  made: TransitionConfig,
): Record<string, TransitionConfig[]> {
  return { ...all, [name]: [...(all?.[name] ?? []), made] };
}

function transitionOf({ targets, guard, actions, reenter }: ChartTransitionDefinition): TransitionConfig {
  const [first, ...more] = targets.map((target) => `#${target}`);
  return {
    ...(first === undefined ? undefined : { target: more.length > 0 ? [first, ...more] : first }),
    ...(guard === undefined ? undefined : { guard }),
    ...(actions ? { actions } : undefined),
    ...(reenter ? { reenter } : undefined),
  };
}
