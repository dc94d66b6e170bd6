import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import type { Clock } from '../../../src/base/clock.ts';
import { SoarError } from '../../../src/errors/soar-error.ts';
import type { RunResult } from '../../../src/run/result.ts';
import type { RunHandle } from '../../../src/run-handle.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import type { Agent } from '../../../src/types/agent.ts';
import type { TaskOutcome } from '../../../src/types/task.ts';
import { type Scenario, scenario } from '../../property/engine-scenarios.ts';
import { scriptedAgent } from '../../support/scripted-agent.ts';
import { type Findings, nothing } from '../findings.ts';
import { type Chance, chanceOf } from '../random.ts';
import { SimulatedDisk, type StoreFaults } from './disk.ts';
import { CALM, type Life, livesOf } from './lives.ts';
import { SimulatedProcess } from './process.ts';

const RUN = 'r';
/** No agent of the scenarios takes longer to end once it was asked to. */
const DYING_MS = 5000;
/** No longer promised: the journal has said that it cannot be written. */
const UNRECORDED = 'can no longer be recorded';

/** A random plan under random faults, on a virtual clock: one seed, one story. */
export async function simulate(seed: number): Promise<Findings> {
  const [drawn] = fc.sample(scenario, { seed, numRuns: 1 });
  if (!drawn) throw new Error('There is no scenario.');
  return new Story(drawn, chanceOf(seed)).tell();
}

class Story {
  readonly #drawn: Scenario;
  readonly #chance: Chance;
  readonly #world = new VirtualClock(1_000_000_000);
  readonly #disk = new SimulatedDisk();
  readonly #findings = nothing();
  /** What was announced to have settled, by any process. */
  readonly #announced = new Map<string, TaskOutcome>();
  readonly #results: RunResult[] = [];

  constructor(drawn: Scenario, chance: Chance) {
    this.#drawn = drawn;
    this.#chance = chance;
  }

  async tell(): Promise<Findings> {
    for (const life of livesOf(this.#chance)) {
      const process = this.#born(life);
      await this.#live(process, life);
      process.kill();
      if (life.end === 'power') this.#losePower();
    }
    const last = await this.#toTheEnd();
    if (last) this.#check(last);
    const again = await this.#toTheEnd();
    if (!isDeepStrictEqual(plain(again), plain(last))) this.#fault('The journal replays to another result.');
    for (const result of this.#results) {
      if (!isDeepStrictEqual(plain(result), plain(last))) this.#fault('A result that was announced is another later.');
    }
    return this.#findings;
  }

  #fault(sentence: string): void {
    this.#findings.faults.push(sentence);
  }

  #losePower(): void {
    this.#disk.losePower(this.#chance);
  }

  #born(life: Life): SimulatedProcess {
    const { options, script, fallbackScript } = this.#drawn;
    const agents = (clock: Clock, mortal: (agent: Agent) => Agent) =>
      Object.fromEntries(
        Object.entries({ one: script, two: script, three: fallbackScript }).map(([id, steps]) => {
          const agent = scriptedAgent(clock, steps);
          const watched: Agent = {
            ...agent,
            run: (request, controls) => {
              if (this.#announced.has(request.taskId)) this.#findings.repeated += 1;
              return agent.run(request, controls);
            },
          };
          return [id, mortal(watched)];
        }),
      );
    const faults = (process: SimulatedProcess) => faultsOf(life, process, this.#world);
    return new SimulatedProcess(this.#world, this.#disk, faults, life.offsetMs, (clock, mortal) => ({
      ...options,
      agents: agents(clock, mortal),
      random: () => 0.5,
    }));
  }

  #start(process: SimulatedProcess, life: Life): RunHandle | null {
    const { soar } = process;
    try {
      const run = process.has(RUN) ? soar.resume(RUN) : soar.run({ tasks: this.#drawn.tasks }, this.#drawn.run);
      let isRecorded = true;
      run.events$.subscribe((event) => {
        if (!process.isAlive) return;
        if (event.type === 'warning' && event.message.includes(UNRECORDED)) isRecorded = false;
        if (event.type === 'task.settled' && isRecorded) this.#announce(event.outcome, life);
        if (event.type === 'run.settled' && isRecorded && life.end !== 'interrupt') this.#results.push(event.result);
        if (life.throws && this.#chance.oneIn(3)) throw new Error('A listener throws.');
      });
      return run;
    } catch (error) {
      // A process that dies, or finds its disk full, when it begins.
      if (!process.isAlive || (SoarError.isInstance(error) && error.code === 'io')) return null;
      throw error;
    }
  }

  #announce(outcome: TaskOutcome, { end }: Life): void {
    // What an interrupt stops is reported as cancelled, and has not settled.
    if (end === 'interrupt' && outcome.error?.kind === 'cancelled') return;
    const before = this.#announced.get(outcome.taskId);
    if (before && !isDeepStrictEqual(plain(before), plain(outcome))) this.#findings.lost += 1;
    this.#announced.set(outcome.taskId, outcome);
  }

  async #live(process: SimulatedProcess, life: Life): Promise<void> {
    const run = this.#start(process, life);
    if (!run) return;
    const { jump } = life;
    if (jump) {
      this.#world.setTimeout(() => {
        process.offsetMs += jump.byMs;
      }, jump.afterMs);
    }
    await this.#world.advance(life.afterMs);
    if (life.end !== 'interrupt' || !process.isAlive) return;
    run.interrupt('enough');
    const result = await this.#settled(run);
    if (!result) return;
    await process.soar.close({ interrupt: true });
    await this.#countLeft(process);
  }

  /** A process whose life nothing disturbs continues with the run until it has ended. */
  async #toTheEnd(): Promise<RunResult | null> {
    const process = this.#born(CALM);
    const run = this.#start(process, CALM);
    const result = run && (await this.#settled(run));
    if (!result) return null;
    await process.soar.close();
    await this.#countLeft(process);
    const stored = process.journal.load(RUN);
    const settled =
      stored?.entries.flatMap((entry) => (entry.type === 'task.settled' ? [entry.report.outcome] : [])) ?? [];
    const byId = Map.groupBy(settled, ({ taskId }) => taskId);
    for (const { id } of this.#drawn.tasks) {
      const times = byId.get(id)?.length ?? 0;
      if (times === 0) this.#findings.lost += 1;
      if (times > 1) this.#findings.repeated += 1;
    }
    process.kill();
    return result;
  }

  async #settled(run: RunHandle): Promise<RunResult | null> {
    try {
      return await this.#world.settle(run.result);
    } catch (error) {
      this.#fault(`The run does not end: ${String(error)}`);
      return null;
    }
  }

  /** Timers, leases and permits of an engine that was closed. */
  async #countLeft(process: SimulatedProcess): Promise<void> {
    // An agent that was given up may still take its time to end.
    await this.#world.advance(DYING_MS);
    const { gate } = process.soar.actor.getSnapshot().services;
    this.#findings.leaked += process.pending + gate.getSnapshot().context.ledger.leases.size;
  }

  #check({ outcomes }: RunResult): void {
    const ids = outcomes.map(({ taskId }) => taskId);
    const wanted = this.#drawn.tasks.map(({ id }) => id);
    if (!isDeepStrictEqual(ids, wanted)) this.#fault(`Expected outcomes of ${wanted}, got ${ids}.`);
    for (const outcome of outcomes) {
      const { taskId, attempts, error } = outcome;
      if (error?.kind === 'cancelled') this.#fault(`${taskId} was settled by an interrupt.`);
      const announced = this.#announced.get(taskId);
      if (announced && !isDeepStrictEqual(plain(announced), plain(outcome))) this.#findings.lost += 1;
      if (new Set(attempts.map(({ key }) => key)).size < attempts.length) this.#fault(`${taskId} has one key twice.`);
    }
  }
}

function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

function faultsOf(life: Life, process: SimulatedProcess, world: VirtualClock): StoreFaults {
  const { end, nth, fullFor, syncMs } = life;
  return {
    beforeCommit(at) {
      if (end === 'killBeforeCommit' && at === nth) process.kill();
      if (!process.isAlive) throw new Error('The process is dead.');
      if (end === 'fullDisk' && at >= nth && at < nth + fullFor) throw new SoarError('io', 'The disk is full.');
    },
    afterCommit(at) {
      if (end === 'killAfterCommit' && at === nth) process.kill();
    },
    sync: () =>
      new Promise((resolve) => {
        if (syncMs === 0) resolve();
        else world.setTimeout(() => process.isAlive && resolve(), syncMs);
      }),
  };
}
