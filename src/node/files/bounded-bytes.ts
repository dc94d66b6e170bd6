const FIRST_ALLOCATION = 4096;

export interface BoundedBytesOptions {
  /** Most bytes kept. */
  maxBytes: number;
  /** Share of them that keeps the beginning again arrives than fits; the rest is a ring that keeps the end. */
  head: 'half' | 'none';
}

/** Collects bytes in bounded memory, however many arrive: all of them, or the beginning and the end. */
export class BoundedBytes {
  readonly #maxBytes: number;
  readonly #headBytes: number;
  #buffer: Buffer;
  #total = 0;
  /** Where the oldest byte of the ring stands, once it is full. */
  #oldest: number;

  constructor({ maxBytes, head }: BoundedBytesOptions) {
    this.#maxBytes = maxBytes;
    this.#headBytes = head === 'half' ? Math.floor(maxBytes / 2) : 0;
    this.#oldest = this.#headBytes;
    this.#buffer = Buffer.allocUnsafe(Math.min(maxBytes, FIRST_ALLOCATION));
  }

  /** Bytes that arrived, kept or not. */
  get total(): number {
    return this.#total;
  }

  get truncated(): boolean {
    return this.#total > this.#maxBytes;
  }

  push(chunk: Buffer): void {
    const length = Math.min(this.#total, this.#maxBytes);
    this.#total += chunk.length;
    const fits = Math.min(chunk.length, this.#maxBytes - length);
    if (fits > 0) {
      this.#grow(length + fits);
      chunk.copy(this.#buffer, length, 0, fits);
    }
    if (fits < chunk.length) this.#wrap(chunk.subarray(fits));
  }

  /** The kept bytes as text; characters that a cut split are left out, and `marker` (given the bytes cut) stands between. */
  text(marker: (cutBytes: number) => string = () => ''): string {
    if (!this.truncated) return this.#buffer.toString('utf8', 0, this.#total);
    const head = this.#buffer.subarray(0, wholeCharacters(this.#buffer.subarray(0, this.#headBytes)));
    const ring = Buffer.concat([
      this.#buffer.subarray(this.#oldest, this.#maxBytes),
      this.#buffer.subarray(this.#headBytes, this.#oldest),
    ]);
    const tail = ring.subarray(leadingFragment(ring));
    return head.toString('utf8') + marker(this.#total - head.length - tail.length) + tail.toString('utf8');
  }

  #grow(needed: number): void {
    if (needed <= this.#buffer.length) return;
    const size = Math.min(this.#maxBytes, Math.max(needed, this.#buffer.length * 2));
    const bigger = Buffer.allocUnsafe(size);
    this.#buffer.copy(bigger);
    this.#buffer = bigger;
  }

  #wrap(chunk: Buffer): void {
    const size = this.#maxBytes - this.#headBytes;
    if (size === 0) return;
    const kept = chunk.length > size ? chunk.subarray(chunk.length - size) : chunk;
    const first = Math.min(kept.length, this.#maxBytes - this.#oldest);
    kept.copy(this.#buffer, this.#oldest, 0, first);
    kept.copy(this.#buffer, this.#headBytes, first);
    this.#oldest = this.#headBytes + ((this.#oldest - this.#headBytes + kept.length) % size);
  }
}

/** Length of the bytes without a character that is cut off at their end. */
function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return bytes.length;
    if (byte >= 0xc0) {
      const size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return size > back ? bytes.length - back : bytes.length;
    }
  }
  return bytes.length;
}

/** Number of bytes at the beginning that continue a character whose start was cut off. */
function leadingFragment(bytes: Buffer): number {
  let index = 0;
  while (index < Math.min(3, bytes.length) && ((bytes[index] ?? 0) & 0xc0) === 0x80) index++;
  return index;
}
