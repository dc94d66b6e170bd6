import { describe, expect, it } from 'vitest';
import { decodeText } from '../../../src/node/files/decode-text.ts';

const swapped = (text: string) => Buffer.from(text, 'utf16le').swap16();

describe('decodeText', () => {
  it('returns UTF-8 without its byte order mark', () => {
    expect(decodeText(Buffer.from('\uFEFFgoal: é\uFFFD😀'))).toBe('goal: é\uFFFD😀');
    expect(decodeText(Buffer.alloc(0))).toBe('');
  });

  it.each([
    ['UTF-16', Buffer.from('\uFEFFtasks: []', 'utf16le')],
    ['UTF-16', swapped('\uFEFFtasks: []')],
    ['UTF-16', Buffer.from('tasks: []', 'utf16le')],
    ['UTF-16', swapped('tasks: []')],
    ['UTF-32', Buffer.from([0xff, 0xfe, 0, 0, 0x74, 0, 0, 0])],
  ])('names %s', (encoding, content) => {
    expect(() => decodeText(content)).toThrow(`it is ${encoding}, not UTF-8; save it as UTF-8`);
  });

  it('names the line of bytes that are not UTF-8', () => {
    expect(() => decodeText(Buffer.from('a\nb\ncaf\xe9\n', 'latin1'))).toThrow('it is not UTF-8: line 3 has bytes');
    expect(() => decodeText(Buffer.from('a\nb\0c'))).toThrow('it is not text: line 2 has a zero byte');
  });
});
