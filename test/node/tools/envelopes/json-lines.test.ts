import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createJsonLines, MAX_LINE_CHARS } from '../../../../src/node/tools/envelopes/json-lines.ts';

const TYPES = new Set(['say', 'note']);

function read(text: string, pieceLength = text.length) {
  const events: unknown[] = [];
  const texts: string[] = [];
  const lines = createJsonLines({
    types: TYPES,
    onEvent: (event) => void events.push(event),
    onText: (line) => void texts.push(line),
  });
  for (let at = 0; at < text.length; at += pieceLength) lines.push(text.slice(at, at + pieceLength));
  return { events, texts, ...lines.end() };
}

const json = JSON.stringify;
const note = { type: 'note', n: 1 };

describe('createJsonLines', () => {
  it('finds an event in the middle of another one, wherever it was put', () => {
    const event = { type: 'say', text: 'one "two" {three} \\ four ✓', more: [{ type: 'inner' }] };
    const line = json(event);
    for (const end of ['\n', '']) {
      for (let at = 1; at < line.length; at++) {
        const { events, damaged } = read(`${line.slice(0, at)}${json(note)}${end}${line.slice(at)}\n`);
        expect(events, `at ${at}`).toEqual(expect.arrayContaining([note, event]));
        expect(events).toHaveLength(2);
        expect(damaged).toBe(false);
      }
    }
  });

  it('lets a remark stand between the halves of an event', () => {
    const line = json({ type: 'say', text: 'a b' });
    const { events, texts } = read(`${line.slice(0, 20)}${json(note)}\nnpm notice\n${line.slice(20)}\n`);
    expect(events).toEqual([note, { type: 'say', text: 'a b' }]);
    expect(texts).toEqual(['npm notice']);
  });

  it('reads over a byte order mark, colours and the line ends of Windows', () => {
    const event = { n: 1, type: 'say' };
    const { events, texts } = read(`\u{feff}${json(event)}\r\n\r\n\u{1b}[2m${json(event)}\u{1b}[0m\r\n`);
    expect({ events, texts }).toEqual({ events: [event, event], texts: [] });
  });

  it('does not take what stands in a text for an event', () => {
    const quoting = { type: 'say', text: `it printed ${json(note)}` };
    expect(read(json(quoting)).events).toEqual([quoting]);
  });

  it('finds a good event after a broken one, and says that something is missing', () => {
    const { events, damaged } = read(`{"type":"say","text":"brok\n{"type":"say","te\n${json(note)}\n`);
    expect(events).toEqual([note]);
    expect(damaged).toBe(true);
  });

  it('reads a line of any length, without the middle of its long strings', () => {
    const event = { type: 'say', text: `a"${'\\ü'.repeat(9000)}z`, rest: { n: [1, '{"b":'] }, last: true };
    const events: unknown[] = [];
    const lines = createJsonLines({
      types: TYPES,
      maxLineChars: 1000,
      maxStringChars: 100,
      onEvent: (one) => void events.push(one),
      onText() {},
    });
    for (const piece of `${json(event)}\n${json(note)}\n`.match(/[\s\S]{1,7}/g) ?? []) lines.push(piece);
    expect(lines.end()).toEqual({ damaged: false, skipped: false });
    const { text } = event;
    const cut = `${text.slice(0, 50)}\n[… ${Buffer.byteLength(text.slice(50, -50))} bytes cut …]\n${text.slice(-50)}`;
    expect(events).toEqual([{ ...event, text: cut }, note]);
  });

  it('reads a long line alike in whatever pieces it comes', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 60, maxLength: 200 }),
        fc.integer({ min: 1, max: 30 }),
        (text, n) => {
          const read = (length: number) => {
            const events: unknown[] = [];
            const options = { types: TYPES, maxLineChars: 50, maxStringChars: 40, onText() {} };
            const lines = createJsonLines({ ...options, onEvent: (one) => void events.push(one) });
            const line = `${json({ type: 'say', text })}\n`;
            for (let at = 0; at < line.length; at += length) lines.push(line.slice(at, at + length));
            return events;
          };
          const [whole] = read(100_000) as [{ text: string } | undefined];
          // Beyond 50 characters also without its middle, it is not read at all.
          expect(read(n)).toEqual(whole === undefined ? [] : [whole]);
        },
      ),
    );
  });

  it('skips a line that is too long also without its strings, and reads on after it', () => {
    const piece = '"x",'.repeat(256 * 1024);
    const events: unknown[] = [];
    const lines = createJsonLines({ types: TYPES, onEvent: (event) => void events.push(event), onText() {} });
    lines.push('{"type":"say","all":[');
    for (let length = 0; length <= MAX_LINE_CHARS; length += piece.length) lines.push(piece);
    lines.push(`1]}\n${json(note)}\n`);
    expect(lines.end()).toEqual({ damaged: false, skipped: true });
    expect(events).toEqual([note]);
  });

  it('looks at a line a bounded number of times, however hostile it is', () => {
    // Looked at from every place in it, this would take hours.
    const hostile = '{"type":"note","a":'.repeat(20_000);
    expect(read(`${hostile}\n${hostile}\n`)).toMatchObject({ events: [], damaged: true });
  });

  it('reads any events back, in any pieces', () => {
    const event = fc.record({
      type: fc.constantFrom('say', 'note', 'other'),
      text: fc.string({ unit: 'binary' }),
      n: fc.double(),
    });
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 8 }),
        fc.integer({ min: 1, max: 40 }),
        fc.boolean(),
        (all, length, crlf) => {
          const text = all.map((one) => json(one)).join(crlf ? '\r\n' : '\n');
          expect(read(text, length)).toEqual({
            events: all.map((one) => JSON.parse(json(one))),
            texts: [],
            damaged: false,
            skipped: false,
          });
        },
      ),
    );
  });

  it('never throws, whatever comes', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 9 }), (noise, length) => {
        read(noise, length);
        read(`${json(note).slice(0, 9)}${noise}\n${noise}${json(note)}`, length);
      }),
    );
  });
});

describe('an event without a line end', () => {
  const said = { type: 'say', text: 'one } "two" \\ {three ✓' };
  const readOpen = (...pieces: string[]) => {
    const events: unknown[] = [];
    const lines = createJsonLines({ types: TYPES, onEvent: (event) => void events.push(event), onText: () => {} });
    for (const piece of pieces) lines.push(piece);
    return { events, lines };
  };

  it('is read once it is whole, in any pieces, as its tool may hang', () => {
    expect(readOpen(json(said)).events).toEqual([said]);
    expect(readOpen(`\u{feff}${json(said)} `).events).toEqual([said]);
    for (let at = 1; at < json(said).length; at++) {
      const { events } = readOpen(`${json(note)}\n${json(said).slice(0, at)}`, json(said).slice(at));
      expect(events, `at ${at}`).toEqual([note, said]);
    }
  });

  it('is read once, whatever follows it', () => {
    for (const rest of ['\n', '\r\n', `\n${json(note)}\n`, `${json(note)}\n`]) {
      const { events, lines } = readOpen(json(said), rest);
      expect(lines.end()).toEqual({ damaged: false, skipped: false });
      expect(events.filter((event) => json(event) === json(said))).toHaveLength(1);
      expect(events).toHaveLength(rest.includes('note') ? 2 : 1);
    }
  });

  it('is left alone where it is of no known type, or is not over', () => {
    expect(readOpen('{"type":"other"}').events).toEqual([]);
    expect(readOpen('{"a":{"type":"say"}').events).toEqual([]);
    expect(readOpen('{"type":"say","text":"}').events).toEqual([]);
  });
});
