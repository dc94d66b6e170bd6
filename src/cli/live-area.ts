import { withoutCodes } from '../text/foreign-text.ts';
import { textWidth } from './text-width.ts';

/** The part of a terminal that is drawn over and over. */
export interface LiveArea {
  /** Shows these lines in place of the last ones; nothing is written when they are the same. */
  draw(lines: readonly string[]): void;
  /** Writes a line above the area, where it stays. */
  log(line: string): void;
  /** Takes the area away; the cursor is where it began. */
  clear(): void;
}

export interface AreaStream {
  write(text: string): unknown;
  columns?: number;
}

const ERASE_LINE_END = '\x1b[K';
const ERASE_BELOW = '\x1b[J';

/**
 * An area at the end of a terminal. Each line is written over the one before and erased to its end only, all in one write, so
 * nothing flickers. A terminal that got narrower has wrapped the last lines: they are counted as the rows they fill now.
 */
export function createLiveArea(stream: AreaStream): LiveArea {
  let drawn: readonly string[] = [];
  const home = () => {
    const columns = stream.columns || 80;
    const rows = drawn.reduce((sum, line) => sum + rowsOf(line, columns), 0);
    return rows === 0 ? '' : `\x1b[${rows}A\r`;
  };
  const body = (lines: readonly string[]) => lines.map((line) => `${line}${ERASE_LINE_END}\n`).join('');
  return {
    draw(lines) {
      if (lines.length === drawn.length && lines.every((line, i) => line === drawn[i])) return;
      stream.write(`${home()}${body(lines)}${ERASE_BELOW}`);
      drawn = lines;
    },
    log(line) {
      stream.write(`${home()}${ERASE_BELOW}${line}\n${body(drawn)}`);
    },
    clear() {
      if (drawn.length === 0) return;
      stream.write(`${home()}${ERASE_BELOW}`);
      drawn = [];
    },
  };
}

function rowsOf(line: string, columns: number): number {
  return Math.max(1, Math.ceil(textWidth(withoutCodes(line)) / Math.max(1, columns)));
}
