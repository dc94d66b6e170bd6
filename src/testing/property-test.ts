import type * as FastCheck from 'fast-check';
import type { AnyStateMachine, InspectionEvent } from 'xstate';
import { type Driven, drive } from './harness.ts';
import { stable } from './project.ts';

type Fc = Omit<typeof FastCheck, 'default'>;

/** Something a random test may do. */
export interface Command<W, V = unknown> {
  /** Values it is done with; drawn and shrunk by fast-check. */
  with?: FastCheck.Arbitrary<V>;
  /** Whether it makes sense now. Default: always. */
  can?(world: W): boolean;
  run(world: W, value: V): void | Promise<void>;
}

/** A command of whatever values. */
export type AnyCommand<W> = Omit<Command<W, never>, 'with'> & { with?: FastCheck.Arbitrary<unknown> };

/** Must hold after every command; throws, or gives false, when it does not. */
export type Invariant<W> = (world: W) => unknown;

export interface PropertyTestOptions<W> {
  /** fast-check itself. Default: imported, it must then be installed. */
  fc?: Fc;
  /** Random sequences tried. Default 100. */
  runs?: number;
  /** Makes a run repeatable. Default: by the clock, and printed. */
  seed?: number;
  /** The way to one failure, as its message gives it; together with `seed` and `replayPath`. */
  path?: string;
  /** The commands of that failure that applied, as its message gives them. */
  replayPath?: string;
  /** Longest sequence. Default 25. */
  maxCommands?: number;
  /** Brings a sequence to its end, before `finally` holds. */
  end?(world: W): void | Promise<void>;
  /** Invariant at the end. */
  finally?: Readonly<Record<string, Invariant<W>>>;
  inspect?: (event: InspectionEvent) => void;
  /** Summary of the world after each command, for a failure's message. Default: of a machine its state, of another world nothing. */
  describe?(world: W): unknown;
  /** Where the line with the seed goes. Default `console.info`. */
  log?: (line: string) => void;
}

/**
 * Random sequences of commands on the real thing, with invariants after every command; a failing sequence is shrunk to
 * a shortest one, and reported with the options that repeat it.
 *
 * @param machineOrSetup A machine, driven with its actors gated; or a function that makes a fresh world for each run, as
 *   `() => drive(machine, { input })` does for a machine that takes an input.
 * @throws With what failed, the shortest failing sequence, and the options that repeat it.
 * @example
 * await propertyTest(
 *   lamp,
 *   { press: { run: ({ actor }) => actor.send({ type: 'press' }) } },
 *   { 'is on or off': ({ actor }) => ['on', 'off'].includes(actor.getSnapshot().value) },
 *   { runs: 200 },
 * );
 */
export async function propertyTest<M extends AnyStateMachine>(
  machine: M,
  commands: Readonly<Record<string, AnyCommand<Driven<M>>>>,
  invariants: Readonly<Record<string, Invariant<Driven<M>>>>,
  options?: PropertyTestOptions<Driven<M>>,
): Promise<{ runs: number; seed: number }>;
export async function propertyTest<W extends object>(
  setup: () => W | Promise<W>,
  commands: Readonly<Record<string, AnyCommand<W>>>,
  invariants: Readonly<Record<string, Invariant<W>>>,
  options?: PropertyTestOptions<W>,
): Promise<{ runs: number; seed: number }>;
export async function propertyTest<W extends object>(
  machineOrSetup: AnyStateMachine | (() => W | Promise<W>),
  commands: Readonly<Record<string, AnyCommand<W>>>,
  invariants: Readonly<Record<string, Invariant<W>>>,
  options: PropertyTestOptions<W> = {},
): Promise<{ runs: number; seed: number }> {
  const fc = options.fc ?? (await import('fast-check'));
  const { runs = 100, maxCommands = 25, log = console.info, inspect, path, replayPath } = options;
  const seed = options.seed ?? Date.now() % 2 ** 31;
  const isMachine = typeof machineOrSetup !== 'function';
  const setup = isMachine ? () => drive(machineOrSetup, inspect ? { inspect } : {}) as unknown as W : machineOrSetup;
  const describe = options.describe ?? (isMachine ? stateOf : null);
  const arbitraries = Object.entries(commands).map(([name, command]) =>
    (command.with ?? fc.constant(undefined)).map((value) => new NamedCommand(name, command, value as never)),
  );
  if (arbitraries.length === 0) throw new Error('A property test needs at least one command.');
  // Without a size fast-check stops at ten commands, whatever the maximum.
  const constraints = { maxCommands, size: 'max', ...(replayPath === undefined ? {} : { replayPath }) } as const;
  const sequences = fc.commands<Trial<W>, W, false>(arbitraries, constraints);
  let failing: readonly string[] = [];
  const property = fc.asyncProperty(sequences, async (sequence) => {
    const world = await setup();
    const trial: Trial<W> = { world, invariants, describe, steps: [] };
    try {
      await holds(world, invariants, 'at the start');
      await fc.asyncModelRun(() => ({ model: trial, real: world }), sequence);
      await options.end?.(world);
      await holds(world, { ...invariants, ...options.finally }, 'at the end');
    } catch (error) {
      // Of those that fail the shortest is tried last.
      failing = trial.steps;
      throw error;
    }
  });
  const replay = path === undefined ? {} : { path, endOnFailure: true };
  const details = await fc.check(property, { numRuns: runs, seed, ...replay });
  log(`property test: ${details.numRuns} runs, seed ${seed}`);
  if (details.failed) {
    const cause = details.errorInstance;
    throw new Error(reportOf(details as Failure, failing), { cause });
  }
  return { runs: details.numRuns, seed };
}

/** Random sequence in progress. */
interface Trial<W> {
  readonly world: W;
  readonly invariants: Readonly<Record<string, Invariant<W>>>;
  readonly describe: ((world: W) => unknown) | null;
  /** The commands so far, as a failure's message shows them. */
  readonly steps: string[];
}

/** Fields in use of fast-check's details of a failure. */
type Failure = Pick<
  FastCheck.RunDetailsFailureProperty<unknown>,
  'errorInstance' | 'numRuns' | 'seed' | 'counterexamplePath' | 'counterexample'
>;

function reportOf(details: Failure, steps: readonly string[]): string {
  const { errorInstance: cause, numRuns, seed, counterexamplePath: path, counterexample } = details;
  const [, replayPath] = /replayPath="([^"]*)"/.exec(String(counterexample)) ?? [];
  const repeat = Object.entries({ path, replayPath }).map(([name, value]) => `, ${name}: ${JSON.stringify(value)}`);
  return [
    cause instanceof Error ? cause.message : String(cause),
    `The shortest sequence found, in run ${numRuns}${steps.length === 0 ? ', has no commands.' : ':'}`,
    ...steps.map((step, place) => `  ${place + 1}. ${step}`),
    `Repeat it with { seed: ${seed}${repeat.join('')} }.`,
  ].join('\n');
}

function stateOf(world: object): unknown {
  return (world as Driven<AnyStateMachine>).actor.getSnapshot().value;
}

class NamedCommand<W extends object> implements FastCheck.AsyncCommand<Trial<W>, W> {
  readonly #name: string;
  readonly #command: AnyCommand<W>;
  readonly #value: never;

  constructor(name: string, command: AnyCommand<W>, value: never) {
    this.#name = name;
    this.#command = command;
    this.#value = value;
  }

  /** Asked just before it would run; what made no sense is in no counterexample. */
  check({ world }: Trial<W>): boolean {
    return this.#command.can?.(world) ?? true;
  }

  async run({ invariants, describe, steps }: Trial<W>, world: W): Promise<void> {
    const place = steps.push(`${this}`) - 1;
    try {
      await this.#command.run(world, this.#value);
    } finally {
      if (describe) steps[place] = `${this} → ${stable(describe(world))}`;
    }
    await holds(world, invariants, `after ${this}`);
  }

  toString(): string {
    return this.#value === undefined ? this.#name : `${this.#name}(${stable(this.#value)})`;
  }
}

async function holds<W>(world: W, invariants: Readonly<Record<string, Invariant<W>>>, when: string): Promise<void> {
  for (const [name, invariant] of Object.entries(invariants)) {
    if ((await invariant(world)) === false) throw new Error(`"${name}" does not hold ${when}.`);
  }
}
