import type { Mask } from '../text/mask/mark.ts';
import { clip } from './plain.ts';
import type { TextRef } from './trace.schema.ts';

/** Longest text that stands in a record itself: error messages, reasons. */
const LONGEST_LINE = 500;

/** How much of a text is read for a line: what is cut before it is masked may leave half a secret. */
const LONGEST_READ = 100_000;

/** How texts get into a trace: short ones masked and cut, long ones by reference. */
export class Texts {
  readonly mask: Mask;
  readonly #write: ((ref: string, text: string) => void) | null;

  /** @param write Takes the bodies, each before the record that refers to it; null keeps them out of the trace. */
  constructor(mask: Mask, write: ((ref: string, text: string) => void) | null) {
    this.mask = mask;
    this.#write = write;
  }

  line(text: string, chars = LONGEST_LINE): string {
    return clip(this.mask(clip(text, LONGEST_READ)), chars);
  }

  refer(ref: string, text: string): TextRef {
    if (this.#write && text !== '') this.#write(ref, this.mask(text));
    return { ref, chars: text.length };
  }
}
