/** First in, first out. Adding and taking cost the same however many wait, because values move only once half of them is taken. */
export class Queue<T> implements Iterable<T> {
  /** Places before `#head` are taken and empty, so nothing keeps their values alive. */
  readonly #places: (T | undefined)[] = [];
  #head = 0;

  get size(): number {
    return this.#places.length - this.#head;
  }

  /** Places in memory, taken ones included: at most twice the size, or 32 more than it. */
  get places(): number {
    return this.#places.length;
  }

  /** The value to be taken next; undefined when the queue is empty. */
  get first(): T | undefined {
    return this.#places[this.#head];
  }

  add(value: T): void {
    this.#places.push(value);
  }

  /** Removes the first value; undefined when the queue is empty. */
  take(): T | undefined {
    if (this.size === 0) return undefined;
    const value = this.#places[this.#head];
    this.#places[this.#head] = undefined;
    this.#head += 1;
    if (this.#head > 32 && this.#head * 2 > this.#places.length) {
      this.#places.splice(0, this.#head);
      this.#head = 0;
    }
    return value;
  }

  clear(): void {
    this.#places.length = 0;
    this.#head = 0;
  }

  *[Symbol.iterator](): Generator<T> {
    for (let place = this.#head; place < this.#places.length; place += 1) yield this.#places[place] as T;
  }

  toJSON(): T[] {
    return [...this];
  }
}
