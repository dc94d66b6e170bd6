import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { traceFileSource } from '../../../src/node/view/trace-file-source.ts';
import { textOf } from '../../support/source-text.ts';

const MIB = 1024 * 1024;
const START = '{"type":"trace.started","seq":0,"at":5,"v":2,"trace":"x","mode":"compact"}\n';
const warning = (seq: number) => `{"type":"warning","seq":${seq},"at":${5 + seq},"message":"m${seq}"}\n`;

let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'soar-trace-source-'));
  file = join(folder, 'run.jsonl');
  writeFileSync(file, START);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('A trace file', () => {
  it('of more than 512 MiB is refused at once, naming the limit', async () => {
    truncateSync(file, 512 * MIB + 1);
    await expect(traceFileSource(file)).rejects.toThrow(
      'it is larger than 512 MiB, the most that a browser can show. Trace a shorter run, or view the run by its id.',
    );
  });

  it.each([
    ['without line breaks', 'x'.repeat(2 * MIB)],
    ['of zeros', '\0'.repeat(2 * MIB)],
    ['whose first line does not end', START.trim().repeat(20_000)],
    ['of another kind', '{"type":"session"}\n'],
    ['of null', 'null\n'],
  ])('%s is not a trace', async (_, text) => {
    writeFileSync(file, text);
    await expect(traceFileSource(file)).rejects.toThrow('is not a trace');
  });

  it.each(['pipe', '/dev/zero', '.'])('that is %s is refused at once', async (name) => {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    await expect(traceFileSource(name.startsWith('/') ? name : join(folder, name))).rejects.toThrow(
      /^Cannot read the trace `[^`]+`: it is a (?:pipe|device|folder)/,
    );
  });

  it('is read in parts up to its last complete line', async () => {
    const long = `{"type":"text","seq":1,"at":5,"ref":"r","text":"${'é'.repeat(2 * MIB)}"}\n`;
    appendFileSync(file, `${long + warning(2)}{"type":"warn`);
    const source = await traceFileSource(file);
    const { parts } = await source.read();
    let most = 0;
    for await (const part of parts) most = Math.max(most, part.length);
    expect(most).toBeLessThanOrEqual(MIB);
    const { text, next } = await textOf(source);
    expect(text).toBe(START + long + warning(2));
    expect(next).toBe(String(Buffer.byteLength(text)));
  });

  it('is followed over a line that is too long to be passed on', async () => {
    appendFileSync(file, `"${'x'.repeat(70 * MIB)}"\n${warning(1)}`);
    const source = await traceFileSource(file, { pollMs: 1 });
    const { promise, resolve } = Promise.withResolvers<readonly string[]>();
    const stop = source.follow(String(START.length), resolve, () => {});
    expect(await promise).toEqual([warning(1).trim()]);
    stop();
  });

  it('is followed no faster than its reader takes it', async () => {
    appendFileSync(file, Array.from({ length: 100_000 }, (_, seq) => warning(seq + 1)).join(''));
    const source = await traceFileSource(file, { pollMs: 1 });
    const taken: string[] = [];
    let busy = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = source.follow(
      String(START.length),
      async (lines) => {
        busy += 1;
        expect(busy).toBe(1);
        await new Promise((done) => setImmediate(done));
        taken.push(...lines);
        busy -= 1;
        if (taken.length === 100_000) resolve();
      },
      () => {},
    );
    await promise;
    stop();
    expect(taken.at(-1)).toBe(warning(100_000).trim());
  });
});
