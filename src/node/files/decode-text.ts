import { isUtf8 } from 'node:buffer';
import { UnreadableError } from './read-file.ts';

const MARKS: readonly (readonly [name: string, bytes: readonly number[]])[] = [
  ['UTF-32', [0xff, 0xfe, 0, 0]],
  ['UTF-32', [0, 0, 0xfe, 0xff]],
  ['UTF-16', [0xff, 0xfe]],
  ['UTF-16', [0xfe, 0xff]],
];
/** Bytes that are looked at to know UTF-16 without a mark by its zeros. */
const SAMPLE_BYTES = 1024;

/**
 * Text of a file that must be UTF-8. A byte order mark is dropped.
 *
 * @throws {UnreadableError} naming the encoding, or the line of the first invalid bytes: decoded anyway, they would be other text.
 */
export function decodeText(content: Buffer): string {
  const encoding =
    MARKS.find(([, bytes]) => bytes.every((byte, i) => content[i] === byte))?.[0] ?? withoutMark(content);
  if (encoding) throw new UnreadableError('NOT_UTF8', `it is ${encoding}, not UTF-8; save it as UTF-8`);
  if (content.includes(0))
    throw new UnreadableError(
      'NOT_UTF8',
      `it is not text: line ${lineOf(content, content.indexOf(0))} has a zero byte`,
    );
  if (!isUtf8(content)) {
    const message = `it is not UTF-8: line ${invalidLine(content)} has bytes of another encoding; save it as UTF-8`;
    throw new UnreadableError('NOT_UTF8', message);
  }
  return content.toString('utf8').replace(/^\uFEFF/, '');
}

/** UTF-16 of mostly Latin text has a zero in every other byte. */
function withoutMark(content: Buffer): string | undefined {
  const sample = content.subarray(0, SAMPLE_BYTES);
  const zeros = [0, 0];
  for (const [i, byte] of sample.entries()) if (byte === 0) zeros[i % 2] = (zeros[i % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  return Math.max(even, odd) > sample.length * 0.3 && Math.min(even, odd) === 0 ? 'UTF-16' : undefined;
}

function lineOf(content: Buffer, offset: number): number {
  let line = 1;
  for (let at = content.indexOf(10); at !== -1 && at < offset; at = content.indexOf(10, at + 1)) line += 1;
  return line;
}

/** The first line that is not UTF-8 by itself; a line break is never part of a longer character. */
function invalidLine(content: Buffer): number {
  let from = 0;
  for (let line = 1; ; line += 1) {
    const end = content.indexOf(10, from);
    if (end < 0 || !isUtf8(content.subarray(from, end))) return line;
    from = end + 1;
  }
}
