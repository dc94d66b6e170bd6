import type { Clock } from '../../../src/base/clock.ts';
import { createSoar } from '../../../src/create-soar.ts';
import { BufferedJournal } from '../../../src/journal/buffered-journal.ts';
import type { Soar, SoarOptions } from '../../../src/soar-types.ts';
import type { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import type { Agent } from '../../../src/types/agent.ts';
import type { SimulatedDisk, StoreFaults } from './disk.ts';
import { SimulatedStore } from './disk.ts';

class MortalJournal extends BufferedJournal {
  override die(): void {
    super.die();
  }
}

/**
 * A process: an engine, its journal and its timers, all of which end when it is killed. Its clock may jump, while its timers
 * continue as they were set.
 */
export class SimulatedProcess {
  readonly #world: VirtualClock;
  readonly #timers = new Set<unknown>();
  readonly #disk: SimulatedDisk;
  readonly #journal: MortalJournal;
  offsetMs: number;
  isAlive = true;
  readonly soar: Soar;
  readonly clock: Clock;

  constructor(
    world: VirtualClock,
    disk: SimulatedDisk,
    faults: (self: SimulatedProcess) => StoreFaults,
    offsetMs: number,
    options: (clock: Clock, agent: (agent: Agent) => Agent) => SoarOptions,
  ) {
    this.#world = world;
    this.#disk = disk;
    this.offsetMs = offsetMs;
    this.clock = {
      now: () => world.now() + this.offsetMs,
      setTimeout: (fire, ms) => {
        if (!this.isAlive) return -1;
        const timer = world.setTimeout(() => {
          this.#timers.delete(timer);
          fire();
        }, ms);
        this.#timers.add(timer);
        return timer;
      },
      clearTimeout: (timer) => {
        this.#timers.delete(timer);
        world.clearTimeout(timer);
      },
    };
    this.#journal = new MortalJournal(new SimulatedStore(disk, faults(this)));
    // An agent that a dead process had begun to start is not started.
    const mortal = (agent: Agent): Agent => ({
      ...agent,
      run: (request, controls) => (this.isAlive ? agent.run(request, controls) : new Promise<string>(() => {})),
    });
    this.soar = createSoar({ ...options(this.clock, mortal), clock: this.clock, journal: this.#journal });
  }

  /** Timers it has set and that have not fired. */
  get pending(): number {
    return this.#timers.size;
  }

  has(runId: string): boolean {
    return this.#journal.load(runId) !== null;
  }

  get journal(): BufferedJournal {
    return this.#journal;
  }

  /**
   * From now on nothing of it happens: it records nothing, starts no agent, and no timer of it fires. What is in the middle of
   * its turn ends unheard.
   */
  kill(): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    this.#journal.die();
    for (const timer of this.#timers) this.#world.clearTimeout(timer);
    this.#timers.clear();
    this.#disk.owner = null;
  }
}
