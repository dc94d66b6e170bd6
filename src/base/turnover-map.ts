/** Deletions after which the table behind a map is replaced, unless the map holds more than that. */
const TURNOVER = 64;

/**
 * A map of what is under way, whose entries come and go for as long as an engine lives. V8 links each table that a `Map` has
 * outgrown to the one that follows, and leaves in it what it held: once one of them has grown old, all that passes through from
 * then on outlives its end, until the next full collection. Here the map is replaced in time, so that there is no chain; a
 * deletion costs the same however many entries there are.
 */
export class TurnoverMap<K, V> {
  #map = new Map<K, V>();
  #deletions = 0;

  get size(): number {
    return this.#map.size;
  }

  get(key: K): V | undefined {
    return this.#map.get(key);
  }

  has(key: K): boolean {
    return this.#map.has(key);
  }

  set(key: K, value: V): void {
    this.#map.set(key, value);
  }

  delete(key: K): boolean {
    if (!this.#map.delete(key)) return false;
    this.#deletions += 1;
    if (this.#deletions >= TURNOVER && this.#deletions >= this.#map.size) {
      this.#map = new Map(this.#map);
      this.#deletions = 0;
    }
    return true;
  }

  clear(): void {
    this.#map = new Map();
    this.#deletions = 0;
  }

  /** In the order of their first `set`, as they are now: what is deleted meanwhile may still come. */
  keys(): IterableIterator<K> {
    return this.#map.keys();
  }

  /** As {@link keys}. */
  values(): IterableIterator<V> {
    return this.#map.values();
  }

  /** As {@link keys}. */
  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.#map.entries();
  }
}
