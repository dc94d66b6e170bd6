import { describe, expect, it } from 'vitest';
import { parseTrace } from '../../../src/trace/replay/parse-trace.ts';
import { tracedRun } from '../../support/traced-run.ts';

const header = '{"type":"trace.started","seq":0,"at":0,"v":2,"trace":"t","mode":"compact"}';
const warning = '{"type":"warning","seq":1,"at":0,"message":"careful"}';

describe('reading a trace', () => {
  it('gives the records that were written', async () => {
    const { records } = await tracedRun({
      plan: { tasks: [{ id: 'a', prompt: '' }] },
      soar: { agents: { quick: () => 'ok' } },
      trace: { mode: 'full', texts: true },
    });
    const text = records.map((record) => `${JSON.stringify(record)}\n`).join('');
    expect(parseTrace(text)).toEqual(JSON.parse(JSON.stringify(records)));
  });

  it('leaves out a last line that was cut off', () => {
    expect(parseTrace(`${header}\n${warning}\n{"type":"warn`)).toHaveLength(2);
  });

  it('passes over keys it does not know', () => {
    expect(parseTrace(`${header}\n{"type":"warning","seq":1,"at":0,"message":"m","later":1}`)).toHaveLength(2);
  });

  it.each([
    ['is empty', '', /is empty/],
    ['is something else', '{"a":1}', /not a trace/],
    ['is newer', header.replace('"v":2', '"v":3'), /version 3.*Update/],
    ['is damaged', `${header}\n{"type"\n${warning}`, /Line 2 .* no JSON/],
    ['has a record of another form', `${header}\n${warning.replace('"careful"', '7')}`, /Line 2 .*message/],
  ])('refuses a file that %s, and says so', (_, text, message) => {
    expect(() => parseTrace(text)).toThrow(message);
  });
});
