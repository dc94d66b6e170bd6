import { beginsWord, type Found } from './credentials.ts';
import { type FindSecrets, withMarks } from './find-secrets.ts';

/** How far before a secret lies what makes it one, characters: a name, its separator, the scheme of an `Authorization`. */
const CONTEXT = 256;
/** Stands for the part of a word that is not kept; no credential begins so. */
const WORD_BEFORE = '_';
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
    const found = this.#find(text);
    const { spans, open } = found;
    let to = isAll ? text.length : Math.max(base, open);
    // A secret is never released in part.
    for (const { start, end } of isAll ? [] : spans) if (start < to && end > to) to = Math.max(base, start);
    const released = withMarks(text, spans, base, to);
    this.#context = contextAt(text, to, found);
    this.#held = text.slice(to);
    this.#enough = this.#held.length < SHORT ? 0 : this.#held.length + (this.#held.length >> 3);
    return released;
  }
}

/**
 * What must be read again before the next piece, so that it is found as in the whole text. It begins neither inside a secret with
 * its name, which would leave a part that looks different, nor inside a terminal code, and it has no finished codes: an animation
 * would fill it with them.
 */
function contextAt(text: string, to: number, { spans, codes = [] }: Found): string {
  let start = stepsBack(to, CONTEXT, codes);
  for (let at = spans.length - 1; at >= 0; at -= 1) {
    const { start: own, end, from = own } = spans[at] as Found['spans'][number];
    if (end <= start) break;
    // What stands in front decides whether a word begins.
    start = Math.min(start, stepsBack(from, 2, codes));
  }
  start = Math.max(0, start, to - MOST_HELD);
  let kept = '';
  let at = start;
  for (const code of codes) {
    // The last may go on.
    if (code.start < at || code.end > to || code.end === text.length) continue;
    kept += text.slice(at, code.start);
    at = code.end;
  }
  kept += text.slice(at, to);
  return start > 0 && !beginsWord(text, start) ? WORD_BEFORE + kept : kept;
}

/** A place so many characters further to the front, not counting those of terminal codes. */
function stepsBack(from: number, steps: number, codes: NonNullable<Found['codes']>): number {
  let place = from - steps;
  for (let at = codes.length - 1; at >= 0; at -= 1) {
    const { start, end } = codes[at] as NonNullable<Found['codes']>[number];
    if (end > from) continue;
    if (end <= place) break;
    place -= end - start;
  }
  return place;
}
