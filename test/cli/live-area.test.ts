import { describe, expect, it } from 'vitest';
import { createLiveArea } from '../../src/cli/live-area.ts';

const ESCAPE = String.fromCharCode(27);
const SEQUENCES = new RegExp(`${ESCAPE}\\[(\\d+)A|${ESCAPE}\\[([JK])|([^${ESCAPE}])`, 'gu');

/** As much of a terminal as the area uses: it wraps, moves up and erases. */
class Screen {
  rows: string[] = [''];
  row = 0;
  column = 0;
  writes = 0;
  columns: number;
  constructor(columns: number) {
    this.columns = columns;
  }

  write(text: string): void {
    this.writes += 1;
    for (const [, up, erase, other = ''] of text.matchAll(SEQUENCES)) {
      if (up !== undefined) this.row = Math.max(0, this.row - Number(up));
      else if (erase !== undefined) this.#erase(erase === 'J');
      else this.#put(other);
    }
  }

  #erase(below: boolean): void {
    this.rows[this.row] = (this.rows[this.row] ?? '').slice(0, this.column);
    if (below) this.rows.length = this.row + 1;
  }

  #put(character: string): void {
    if (character === '\r') this.column = 0;
    else if (character === '\n') {
      this.row += 1;
      this.column = 0;
      this.rows[this.row] ??= '';
    } else {
      const line = this.rows[this.row] ?? '';
      this.rows[this.row] = line.slice(0, this.column).padEnd(this.column) + character + line.slice(this.column + 1);
      this.column += 1;
    }
  }

  /** As terminals do when they get narrower. */
  narrow(columns: number): void {
    const wrapped = this.rows.map((line) => line.match(new RegExp(`.{1,${columns}}`, 'g')) ?? ['']);
    const before = wrapped.slice(0, this.row).reduce((sum, lines) => sum + lines.length, 0);
    this.rows = wrapped.flat();
    this.row = before;
    this.columns = columns;
  }
}

describe('the live area', () => {
  it('draws over itself', () => {
    const screen = new Screen(40);
    const area = createLiveArea(screen);
    area.draw(['header', 'a long line', 'b']);
    area.draw(['header', 'a']);
    expect(screen.rows).toEqual(['header', 'a', '']);
  });

  it('leaves nothing behind but what was logged', () => {
    const screen = new Screen(40);
    const area = createLiveArea(screen);
    area.draw(['one', 'two']);
    area.log('kept');
    area.draw(['one', 'two', 'three']);
    expect(screen.rows).toEqual(['kept', 'one', 'two', 'three', '']);
    area.clear();
    expect(screen.rows).toEqual(['kept', '']);
  });

  it('leaves nothing behind after the terminal got narrower', () => {
    const screen = new Screen(40);
    const area = createLiveArea(screen);
    area.log('before');
    area.draw(['x'.repeat(35), 'y'.repeat(12)]);
    screen.narrow(10);
    area.draw(['x'.repeat(9), 'y']);
    expect(screen.rows).toEqual(['before', 'x'.repeat(9), 'y', '']);
    area.clear();
    expect(screen.rows).toEqual(['before', '']);
  });

  it('writes once per frame, and nothing when it is the same', () => {
    const screen = new Screen(40);
    const area = createLiveArea(screen);
    area.draw(['one']);
    area.draw(['one']);
    expect(screen.writes).toBe(1);
    area.draw(['two']);
    expect(screen.writes).toBe(2);
  });

  it('is cleared twice without harm', () => {
    const screen = new Screen(40);
    const area = createLiveArea(screen);
    area.draw(['one']);
    area.clear();
    area.clear();
    expect(screen.rows).toEqual(['']);
  });
});
