import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { printable } from '../../src/cli/stdout.ts';

const stream = (isTTY: boolean) => Object.assign(new PassThrough(), { isTTY }) as unknown as NodeJS.WriteStream;

describe('printable', () => {
  it("keeps the command's own codes at a terminal, also without colors, and escapes all others", () => {
    expect(printable('\u001b[2A\ra\u001b[K\u001b]0;x\u0007', stream(true))).toBe(
      '\u001b[2A\ra\u001b[K\\u001b]0;x\\u0007',
    );
  });

  it('escapes every code where nothing draws', () => {
    expect(printable('a\u001b[K')).toBe('a\\u001b[K');
    expect(printable('a\u001b[K', stream(false))).toBe('a\\u001b[K');
  });
});
