import { captureContext } from '../async-context.ts';
import type { Clock } from '../clock.ts';

/** A wait in a {@link TimerQueue}; opaque to its holder. */
export interface Timer {
  at: number;
  /** Order of setting: of two that are due at one instant the first set fires first. */
  seq: number;
  fire: () => void;
  background: boolean;
  /** Position in the heap, −1 when it is over, −2 when it is due and about to fire. */
  slot: number;
}

const OVER = -1;
const DUE = -2;

/** setTimeout holds 31 bits; a longer wait is armed again when it fires. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * All waits on one clock, by absolute deadline: a binary heap behind a single real timer. Thousands of sleeping tasks
 * cost a heap entry each, and stopping an actor costs none of the others anything.
 */
export class TimerQueue {
  readonly #clock: Clock;
  readonly #heap: Timer[] = [];
  /** One real timer serves all runs, so it must not carry the async context of the run that armed it. */
  readonly #within = captureContext();
  #handle: unknown = null;
  #armedFor = Number.POSITIVE_INFINITY;
  #foreground = 0;
  #seq = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  get size(): number {
    return this.#heap.length;
  }

  /** Calls `fire` once, at `at` or as soon after as the clock allows. A `background` wait keeps no process alive. */
  set(at: number, fire: () => void, background = false): Timer {
    this.#seq += 1;
    const timer: Timer = { at, seq: this.#seq, fire, background, slot: this.#heap.length };
    this.#heap.push(timer);
    this.#up(timer.slot);
    if (!background) this.#foreground += 1;
    this.#arm();
    return timer;
  }

  /** Forgets a wait. Harmless when it has fired or was cleared before. */
  clear(timer: Timer | null | undefined): void {
    if (!timer) return;
    if (timer.slot === DUE) timer.slot = OVER;
    if (timer.slot < 0) return;
    this.#remove(timer);
    this.#arm();
  }

  #remove(timer: Timer): void {
    const heap = this.#heap;
    const slot = timer.slot;
    const last = heap.pop() as Timer;
    timer.slot = OVER;
    if (!timer.background) this.#foreground -= 1;
    if (last !== timer) {
      heap[slot] = last;
      last.slot = slot;
      this.#up(slot);
      this.#down(last.slot);
    }
  }

  #arm(): void {
    const first = this.#heap[0];
    if (!first) {
      if (this.#handle !== null) this.#clock.clearTimeout(this.#handle);
      this.#handle = null;
      this.#armedFor = Number.POSITIVE_INFINITY;
      return;
    }
    // A real timer that fires early finds nothing due and arms again: cheaper than replacing it at every change.
    if (this.#handle === null || first.at < this.#armedFor) {
      if (this.#handle !== null) this.#clock.clearTimeout(this.#handle);
      this.#armedFor = first.at;
      const ms = Math.min(LONGEST_MS, Math.max(0, first.at - this.#clock.now()));
      this.#handle = this.#within(() => this.#clock.setTimeout(() => this.#due(), ms));
    }
    const handle = this.#handle as { ref?: () => void; unref?: () => void };
    if (this.#foreground > 0) handle.ref?.();
    else handle.unref?.();
  }

  #due(): void {
    this.#handle = null;
    this.#armedFor = Number.POSITIVE_INFINITY;
    const now = this.#clock.now();
    // What a callback adds with a deadline already past waits for the next turn, so that one turn always ends.
    const due: Timer[] = [];
    for (let first = this.#heap[0]; first && first.at <= now; first = this.#heap[0]) {
      this.#remove(first);
      first.slot = DUE;
      due.push(first);
    }
    for (const timer of due) {
      // One that fired before it may have cleared it.
      if (timer.slot !== DUE) continue;
      timer.slot = OVER;
      timer.fire();
    }
    this.#arm();
  }

  #up(from: number): void {
    const heap = this.#heap;
    const timer = heap[from] as Timer;
    let slot = from;
    while (slot > 0) {
      const parent = (slot - 1) >> 1;
      const above = heap[parent] as Timer;
      if (isBefore(above, timer)) break;
      heap[slot] = above;
      above.slot = slot;
      slot = parent;
    }
    heap[slot] = timer;
    timer.slot = slot;
  }

  #down(from: number): void {
    const heap = this.#heap;
    const timer = heap[from] as Timer;
    let slot = from;
    for (;;) {
      let child = 2 * slot + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right && isBefore(right, heap[child] as Timer)) child += 1;
      const below = heap[child] as Timer;
      if (isBefore(timer, below)) break;
      heap[slot] = below;
      below.slot = slot;
      slot = child;
    }
    heap[slot] = timer;
    timer.slot = slot;
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.seq < b.seq);
}

const queues = new WeakMap<object, TimerQueue>();

/** The queue of a clock; one each, made when first asked for. */
export function timersOf(clock: Clock): TimerQueue {
  let queue = queues.get(clock);
  if (!queue) {
    queue = new TimerQueue(clock);
    queues.set(clock, queue);
  }
  return queue;
}
