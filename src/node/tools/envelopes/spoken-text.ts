import { BoundedBytes } from '../../files/bounded-bytes.ts';
import { cutMark, isCut } from './string-cutter.ts';

export interface BoundedText {
  output: string;
  truncated: boolean;
}

/** The text that an agent says in one run of its tool, each part in bounded memory. */
export class SpokenText {
  readonly #maxBytes: number;
  /** Since work was last done. */
  #latest: BoundedBytes;
  readonly #everything: BoundedBytes;
  #isFresh = true;
  #answer: { text: string; isSpare: boolean } | null = null;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#latest = this.#bounded();
    this.#everything = this.#bounded();
  }

  /** Adds a piece. Returns it as it is to be shown: an empty line stands before the first one after work. */
  add(text: string): string[] {
    const shown = this.#isFresh && this.#everything.total > 0 ? ['\n\n', text] : [text];
    this.#isFresh = false;
    this.#latest.push(Buffer.from(text));
    for (const piece of shown) this.#everything.push(Buffer.from(piece));
    return shown;
  }

  /** Work is done: what was said before is not part of the final answer, if anything follows. */
  work(): void {
    if (!this.#isFresh) this.#latest = this.#bounded();
    this.#isFresh = true;
  }

  /** The tool states its answer. A spare one counts only when nothing was said. */
  answer(text: string, isSpare: boolean): void {
    this.#answer = { text, isSpare };
  }

  /** The answer as it is now: stated, else said since work was last done, else everything. */
  get text(): BoundedText {
    const given = this.#answer && (!this.#answer.isSpare || this.#everything.total === 0) ? this.#answer.text : null;
    if (given === null) return textOf(this.#latest.total > 0 ? this.#latest : this.#everything);
    const kept = this.#bounded();
    kept.push(Buffer.from(given));
    const { output, truncated } = textOf(kept);
    return { output, truncated: truncated || isCut(given) };
  }

  #bounded(): BoundedBytes {
    return new BoundedBytes({ maxBytes: this.#maxBytes, head: 'half' });
  }
}

function textOf(bytes: BoundedBytes): BoundedText {
  return { output: bytes.text(cutMark).replace(/\r?\n$/, ''), truncated: bytes.truncated };
}
