import type { Clock } from '../base/clock.ts';
import { showValue } from '../errors/show-value.ts';

interface Entry {
  id: number;
  at: number;
  fire: () => void;
}

/**
 * A clock that moves only on request, one timer at a time, with microtasks drained between them: what a timer
 * causes has happened before the next one fires, so timelines are exact.
 *
 * @example
 * const clock = new VirtualClock();
 * const soar = createSoar({ agents, clock, staggerMs: 2000 });
 * const run = soar.run(plan);
 * await clock.advance(8000);
 */
export class VirtualClock implements Clock {
  #now: number;
  #next = 1;
  readonly #entries = new Map<number, Entry>();

  /** @param startAt Epoch milliseconds it begins at. Default 0. */
  constructor(startAt = 0) {
    this.#now = startAt;
  }

  now(): number {
    return this.#now;
  }

  /** Timers that are set. */
  get pending(): number {
    return this.#entries.size;
  }

  setTimeout(fire: () => void, ms: number): number {
    const id = this.#next;
    this.#next += 1;
    this.#entries.set(id, { id, at: this.#now + Math.max(0, ms), fire });
    return id;
  }

  clearTimeout(id: unknown): void {
    this.#entries.delete(id as number);
  }

  /** Moves on by `ms`, firing every timer that comes due on the way, also those set on the way. Throws when `ms` is not a duration. */
  async advance(ms: number): Promise<void> {
    expectDuration(ms);
    const end = this.#now + ms;
    await drain();
    for (let next = this.#first(); next && next.at <= end; next = this.#first()) await this.#fire(next);
    this.#now = end;
    await drain();
  }

  /** Moves the time on at once and fires nothing; timers that came due fire with the next move. Throws when `ms` is not a duration. */
  skip(ms: number): void {
    expectDuration(ms);
    this.#now += ms;
  }

  /** Fires timers until none is left, or until `isDone`. Throws after `limit` timers, default 100000. */
  async runAll(isDone: () => boolean = () => false, limit = 100_000): Promise<void> {
    await drain();
    for (let fired = 0; !isDone(); fired += 1) {
      const next = this.#first();
      if (!next) return;
      if (fired >= limit) throw new Error(`The virtual clock fired ${limit} timers and there is no end in sight.`);
      await this.#fire(next);
    }
  }

  /** Moves on until the promise has settled, and gives what it settled with. Throws when no timer is left to wait for. */
  async settle<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const watched = promise.finally(() => {
      settled = true;
    });
    watched.catch(() => {});
    await this.runAll(() => settled);
    if (!settled) {
      throw new Error(
        `The promise waits for something that no timer of the virtual clock brings about, at ${this.#now} ms. An agent or actor that waits for the test? An engine or actor that was not given this clock?`,
      );
    }
    return watched;
  }

  async #fire(entry: Entry): Promise<void> {
    this.#entries.delete(entry.id);
    this.#now = Math.max(this.#now, entry.at);
    entry.fire();
    await drain();
  }

  #first(): Entry | undefined {
    let first: Entry | undefined;
    for (const entry of this.#entries.values()) {
      if (!first || entry.at < first.at || (entry.at === first.at && entry.id < first.id)) first = entry;
    }
    return first;
  }
}

function expectDuration(ms: number): void {
  if (typeof ms === 'number' && ms >= 0) return;
  throw new Error(`A clock moves on by milliseconds, 0 or more; got ${showValue(ms)}.`);
}

/** Lets promises that are ready run, and those they make ready. */
async function drain(): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1) await new Promise<void>((resolve) => setImmediateOrMessage(resolve));
}

/** A macrotask as soon as there can be one: all microtasks run before it. */
const setImmediateOrMessage: (callback: () => void) => void = realImmediate();

/** As it is when this is loaded: a test may fake timers later, and this clock must still move. */
function realImmediate(): (callback: () => void) => void {
  const { setImmediate: immediate, setTimeout: timeout } = globalThis;
  return typeof immediate === 'function' ? (callback) => immediate(callback) : (callback) => timeout(callback, 0);
}
