/** Texts by key, of which the newest few are kept. */
export class MemoryShelf {
  readonly #kept = new Map<string, { at: number; body: string }>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  find(key: string): string | null {
    return this.#kept.get(key)?.body ?? null;
  }

  save(key: string, at: number, body: string): void {
    this.#kept.set(key, { at, body });
    if (this.#kept.size <= this.#most) return;
    let oldest = key;
    let least = at;
    for (const [other, one] of this.#kept) if (one.at < least) [oldest, least] = [other, one.at];
    this.#kept.delete(oldest);
  }

  newestFirst(): string[] {
    return [...this.#kept.values()].sort((a, b) => b.at - a.at).map(({ body }) => body);
  }
}
