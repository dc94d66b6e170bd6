import type * as FastCheck from 'fast-check';
import type { AnyStateMachine, InspectionEvent } from 'xstate';
import { type Driven, drive } from './harness.ts';

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
  /** fast-check's path to one failure, as printed with it. */
  path?: string;
  /** Longest sequence. Default 25. */
  maxCommands?: number;
  /** Brings a sequence to its end, before `finally` holds. */
  end?(world: W): void | Promise<void>;
  /** What must hold at the end. */
  finally?: Readonly<Record<string, Invariant<W>>>;
  inspect?: (event: InspectionEvent) => void;
  /** Where the line with the seed goes. Default `console.info`. */
  log?: (line: string) => void;
}

/**
 * Random sequences of commands on the real thing, with invariants after every command; a failing sequence is shrunk to
 * a shortest one, and told with the seed that repeats it.
 *
 * @param machineOrSetup A machine, driven with its actors gated; or a function that makes a fresh world for each run.
 * @throws With the shortest failing sequence, what failed, and the seed.
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
  const { runs = 100, maxCommands = 25, log = console.info, inspect } = options;
  const seed = options.seed ?? Date.now() % 2 ** 31;
  const setup =
    typeof machineOrSetup === 'function'
      ? machineOrSetup
      : () => drive(machineOrSetup, inspect ? { inspect } : {}) as unknown as W;
  const arbitraries = Object.entries(commands).map(([name, command]) =>
    (command.with ?? fc.constant(undefined)).map(
      (value) => new NamedCommand(name, command, value as never, invariants),
    ),
  );
  // Without a size fast-check stops at ten commands, whatever the maximum.
  const sequences = fc.commands<object, W, false>(arbitraries, { maxCommands, size: 'max' });
  const property = fc.asyncProperty(sequences, async (sequence) => {
    const world = await setup();
    await holds(world, invariants, 'at the start');
    await fc.asyncModelRun(() => ({ model: {}, real: world }), sequence);
    await options.end?.(world);
    await holds(world, { ...invariants, ...options.finally }, 'at the end');
  });
  const path = options.path === undefined ? {} : { path: options.path };
  const details = await fc.check(property, { numRuns: runs, seed, ...path });
  log(`property test: ${details.numRuns} runs, seed ${seed}`);
  if (details.failed) {
    const cause = details.errorInstance;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${reason}\n${await fc.asyncDefaultReportMessage(details)}`, { cause });
  }
  return { runs: details.numRuns, seed };
}

class NamedCommand<W extends object> implements FastCheck.AsyncCommand<object, W> {
  readonly #name: string;
  readonly #command: AnyCommand<W>;
  readonly #value: never;
  readonly #invariants: Readonly<Record<string, Invariant<W>>>;

  constructor(name: string, command: AnyCommand<W>, value: never, invariants: Readonly<Record<string, Invariant<W>>>) {
    this.#name = name;
    this.#command = command;
    this.#value = value;
    this.#invariants = invariants;
  }

  /** fast-check asks with the model alone; whether a command makes sense is asked of the real thing, just before it. */
  check(): boolean {
    return true;
  }

  async run(_model: object, world: W): Promise<void> {
    if (this.#command.can && !this.#command.can(world)) return;
    await this.#command.run(world, this.#value);
    await holds(world, this.#invariants, `after ${this}`);
  }

  toString(): string {
    return this.#value === undefined ? this.#name : `${this.#name}(${JSON.stringify(this.#value)})`;
  }
}

async function holds<W>(world: W, invariants: Readonly<Record<string, Invariant<W>>>, when: string): Promise<void> {
  for (const [name, invariant] of Object.entries(invariants)) {
    if ((await invariant(world)) === false) throw new Error(`"${name}" does not hold ${when}.`);
  }
}
