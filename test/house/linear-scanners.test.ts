import { describe, expect, it } from 'vitest';
import { cpuMsOf } from '../support/cpu-time.ts';
import { SCANNERS, type Scanner } from '../support/foreign-scanners.ts';
import { SHAPES, type Shape, textOf } from '../support/hostile-shapes.ts';
import { TOOL_SCANNERS } from '../support/tool-scanners.ts';

/** Four times the text may take this many times as long. A quadratic scanner takes 16 times. */
const MOST_GROWTH = 10;
/** What a scan may take beside, milliseconds of the processor: compiling, collecting garbage. */
const NOISE_MS = 100;
/** A quarter of the longest text that takes no longer than this is not tried four times as long: 16 times as long is short. */
const SHORT_MS = 10;
/** A sixteenth of the longest text never takes longer, milliseconds of the processor. */
const FIRST_MS = 2000;

/** Why a scanner is not linear; null where it is. It reads a sixteenth, a quarter and all of the longest text. */
function faultOf({ scan, length = 250_000 }: Scanner, shape: Shape): string | null {
  const times: number[] = [];
  for (const part of [16, 4, 1]) {
    const text = textOf(shape, length / part);
    const before = times.at(-1) ?? FIRST_MS / MOST_GROWTH;
    let ms = cpuMsOf(() => scan(text));
    // Again, since what else a process does has hit one of the two.
    if (ms > MOST_GROWTH * before + NOISE_MS) ms = cpuMsOf(() => scan(text));
    times.push(ms);
    if (ms > MOST_GROWTH * before + NOISE_MS) return `${JSON.stringify(shape)}: ${times.map(Math.round).join(', ')} ms`;
    if (part === 4 && ms < SHORT_MS) return null;
  }
  return null;
}

describe('A scanner of foreign text', () => {
  it.each([...SCANNERS, ...TOOL_SCANNERS])(
    'takes time in proportion to the text: $name',
    (scanner) => {
      const faults = [...SHAPES, ...(scanner.shapes ?? [])].map((shape) => faultOf(scanner, shape));
      expect(faults.filter((fault) => fault !== null)).toEqual([]);
    },
    300_000,
  );
});
