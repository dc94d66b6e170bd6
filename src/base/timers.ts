import { captureContext } from './async-context.ts';
import type { Clock } from './clock.ts';

/** A wait in a {@link TimerQueue}; opaque to its holder. */
export interface Timer {
  at: number;
  /** Order of setting: of two that are due at one instant the first set fires first. */
  seq: number;
  fire: () => void;
  background: boolean;
  /** Set for a patient wait, whose deadline moves by time in which this process did not run; called with that time. */
  granted: ((ms: number) => void) | null;
  /** Position in the heap, −1 when it is over, −2 when it is due and about to fire. */
  slot: number;
}

const OVER = -1;
const DUE = -2;

/** setTimeout holds 31 bits; a longer wait is armed again when it fires. */
const LONGEST_MS = 2 ** 31 - 1;

/** A real timer this much later than due, and by more than a tenth of its wait, shows that the process did not run. */
export const MISSED_MS = 1000;
const MISSED_SHARE = 0.1;

export interface TimerOptions {
  /** Keeps no process alive. Default false. */
  background?: boolean;
  /**
   * Makes the wait patient: time in which this process did not run (asleep, stopped, blocked) moves its deadline, and this is called
   * with that time, milliseconds. For silences, limits and graces. Default: the deadline is absolute, as the reset of a rate limit.
   */
  granted?: (ms: number) => void;
}

/**
 * All waits on one clock, by absolute deadline: a binary heap behind a single real timer. Thousands of sleeping tasks
 * cost a heap entry each, and stopping an actor costs none of the others anything.
 *
 * This heap is also the one place that notices time in which the process did not run. Then input that arrived is read before anything
 * fires, so an answer beats the timeout that it kept waiting, and patient waits get the missing time.
 */
export class TimerQueue {
  readonly #clock: Clock;
  readonly #heap: Timer[] = [];
  /** A single real timer serves all runs, so it must not carry the async context of the run that armed it. */
  readonly #within = captureContext();
  #handle: unknown = null;
  #armedFor = Number.POSITIVE_INFINITY;
  /** When the real timer was set. */
  #armedAt = 0;
  /** When the process was seen running last. */
  #seenAt = 0;
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

  /** Calls `fire` once, at `at` or as soon after as the clock allows. */
  set(at: number, fire: () => void, { background = false, granted }: TimerOptions = {}): Timer {
    // A wait that begins now gets none of the time that was missed before.
    if (granted) this.noticeMissing(this.#clock.now());
    this.#seq += 1;
    const timer: Timer = {
      at,
      seq: this.#seq,
      fire,
      background,
      granted: granted ?? null,
      slot: this.#heap.length,
    };
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

  /** Looks whether the process has missed time, and grants it to patient waits. True when it has. */
  noticeMissing(now: number): boolean {
    const lateMs = now - this.#armedFor;
    // Rather too much is granted than too little: all time since the process was seen running.
    const missedMs = now - this.#seenAt;
    this.#seenAt = now;
    const isLate = lateMs > MISSED_MS && lateMs > MISSED_SHARE * (this.#armedFor - this.#armedAt);
    if (!isLate || lateMs === Number.POSITIVE_INFINITY) return false;
    this.#armedFor = now;
    const patient = this.#heap.filter(({ granted }) => granted !== null);
    for (const timer of patient) timer.at += missedMs;
    this.#heap.sort((a, b) => (isBefore(a, b) ? -1 : 1));
    for (const [slot, timer] of this.#heap.entries()) timer.slot = slot;
    for (const { granted } of patient) granted?.(missedMs);
    return true;
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
      const now = this.#clock.now();
      const ms = Math.min(LONGEST_MS, this.#clock.pulseMs ?? LONGEST_MS, Math.max(0, first.at - now));
      this.#seenAt = now;
      this.#armedAt = now;
      this.#armedFor = now + ms;
      this.#handle = this.#within(() => this.#clock.setTimeout(() => this.#due(), ms));
    }
    const handle = this.#handle as { ref?: () => void; unref?: () => void };
    if (this.#foreground > 0) handle.ref?.();
    else handle.unref?.();
  }

  #due(): void {
    if (this.noticeMissing(this.#clock.now())) this.#readFirst();
    else this.#fire();
  }

  /** Lets input that arrived meanwhile be read before anything fires. */
  #readFirst(): void {
    const turn = {};
    this.#handle = turn;
    // Nothing else is armed until then.
    this.#armedFor = Number.NEGATIVE_INFINITY;
    const read = () => {
      if (this.#handle === turn) this.#fire();
    };
    this.#within(() => (this.#clock.afterInput ? this.#clock.afterInput(read) : this.#clock.setTimeout(read, 0)));
  }

  #fire(): void {
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
