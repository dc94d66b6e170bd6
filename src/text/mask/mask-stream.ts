import { type FindSecrets, withMarks } from './find-secrets.ts';

/** Context before it, characters: a name that speaks of a secret, or the beginning of an address. */
const CONTEXT = 160;
/** Most that is held back, characters. */
const MOST_HELD = 65_536;
/** Longest text held back and read anew with every piece, characters. */
const SHORT = 512;

/**
 * Masks a text that comes in pieces as the whole would be: what may be a part of a secret is held back until more has come. Of very
 * long pieces of a secret the part that is not held back is masked by itself.
 */
export class MaskStream {
  readonly #find: FindSecrets;
  #context = '';
  #held = '';
  /** Not looked at again before this much is held: a long text in short pieces would be read over and over. */
  #enough = 0;

  /** @param find Finds secrets, and where one may have begun. */
  constructor(find: FindSecrets) {
    this.#find = find;
  }

  /** Whether something is held back. */
  get isHolding(): boolean {
    return this.#held !== '';
  }

  /** The next piece, less what may be the beginning of a secret; that comes later. */
  push(piece: string): string {
    this.#held += piece;
    if (this.#held.length < this.#enough) return '';
    return this.#take(this.#held.length > MOST_HELD);
  }

  /** Releases the text held back, when nothing more may come for a while. */
  end(): string {
    return this.#take(true);
  }

  #take(isAll: boolean): string {
    const base = this.#context.length;
    const text = this.#context + this.#held;
    const { spans, open } = this.#find(text);
    let to = isAll ? text.length : Math.max(base, open);
    // A secret is never released in part.
    for (const { start, end } of isAll ? [] : spans) if (start < to && end > to) to = Math.max(base, start);
    const released = withMarks(text, spans, base, to);
    this.#context = text.slice(Math.max(0, to - CONTEXT), to);
    this.#held = text.slice(to);
    this.#enough = this.#held.length < SHORT ? 0 : this.#held.length + (this.#held.length >> 3);
    return released;
  }
}
