import { describe, expect, it } from 'vitest';
import { createPatternScanner, parseRetryAfterMs } from '../../../src/errors/classify.ts';
import { limitWaitMs } from '../../../src/errors/limits.ts';
import { isRetrying } from '../../../src/errors/patterns.ts';
import { verdictOf } from '../../../src/node/command/last-words.ts';
import { failureOf } from '../../../src/node/tools/envelopes/failure.ts';
import { createJsonLines } from '../../../src/node/tools/envelopes/json-lines.ts';
import { cpuMsOf } from '../../support/cpu-time.ts';

const MB = 1024 * 1024;
const PARTS = [
  `wait${' '.repeat(4000)}`,
  'retry after ',
  '7',
  'resets ',
  'resets 1',
  'limit\n',
  '429\n',
  'usage 5:00 ',
  'resets in 1m',
  '10月6日 ',
  '{"a":',
  '{"type":"result","a":',
  'attempt 1/',
  '}\n',
  '\\',
  '\n',
];

const lines = (start: string) => (text: string) => {
  const read = createJsonLines({ types: new Set(['result']), onEvent() {}, onText() {} });
  read.push(start);
  read.push(text);
  read.end();
};

describe('a megabyte of hostile text takes little time', () => {
  it.each<[string, (text: string) => unknown]>([
    ['as the text of a failure', (text) => failureOf(text)],
    ['as the last words of a process', (text) => verdictOf({ stdout: text, stderr: text, source: 'command', now: 0 })],
    ['where a time to wait is read', (text) => parseRetryAfterMs(text, 0)],
    ['where the time of a limit is read', (text) => limitWaitMs(text, 0)],
    ['as a line on stderr', isRetrying],
    ['as a stream on stderr', (text) => createPatternScanner().push(text)],
    ['as events', lines('')],
    ['after an event that was cut', lines(`{"type":"result","text":"${'x'.repeat(MB / 2)}\n`)],
  ])('%s', (_, read) => {
    for (const part of PARTS) {
      const text = part.repeat(Math.ceil(MB / part.length));
      expect(
        cpuMsOf(() => read(text)),
        JSON.stringify(part.slice(0, 20)),
      ).toBeLessThan(3000);
    }
  });
});
