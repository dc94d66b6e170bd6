import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { fileSink } from '../../../src/node/view/trace-file.ts';
import { parseTrace } from '../../../src/trace/replay/parse-trace.ts';
import type { TraceRecord } from '../../../src/trace/trace.schema.ts';
import { temporaryDirectory } from '../../support/processes.ts';
import { tracedRun } from '../../support/traced-run.ts';

const run = { plan: { tasks: [{ id: 'a', prompt: '' }] }, soar: { agents: { quick: () => 'ok' } } };

describe('a trace file', () => {
  it('holds the whole trace as JSON lines', async () => {
    const path = join(await temporaryDirectory(), 'run.jsonl');
    const { records } = await tracedRun({ ...run, trace: { sinks: [fileSink(path)] } });
    expect(parseTrace(readFileSync(path, 'utf8'))).toEqual(JSON.parse(JSON.stringify(records)));
  });

  it('is readable by its owner alone, also when it was there before', async () => {
    const path = join(await temporaryDirectory(), 'run.jsonl');
    writeFileSync(path, '{"type":"trace.started","seq":0}\n'.repeat(1000));
    chmodSync(path, 0o644);
    await tracedRun({ ...run, trace: { sinks: [fileSink(path)] } });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const text = readFileSync(path, 'utf8');
    expect(text).toMatch(/^\{"type":"trace.started"/);
    expect(text).not.toContain('"seq":0}');
  });

  it.each([
    'goal: ship it\n',
    '{',
    '{"tasks":[]}',
    '{"type":"user","sessionId":"1","message":{}}\n',
    '{"type":"thread.started","thread_id":"1"}\n',
  ])('is never one that holds something else: %j', async (text) => {
    const path = join(await temporaryDirectory(), 'plan.yaml');
    writeFileSync(path, text);
    expect(() => fileSink(path)).toThrow(/`.*plan\.yaml` is there already and holds no trace: it is left as it is/);
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  it('may be there and empty', async () => {
    const path = join(await temporaryDirectory(), 'run.jsonl');
    writeFileSync(path, '');
    await tracedRun({ ...run, trace: { sinks: [fileSink(path)] } });
    expect(readFileSync(path, 'utf8')).toMatch(/^\{"type":"trace.started"/);
  });

  it('is complete when the process exits without closing it', async () => {
    const path = join(await temporaryDirectory(), 'run.jsonl');
    const sink = fileURLToPath(new URL('../../../src/node/view/trace-file.ts', import.meta.url));
    const script = `
      const { fileSink } = await import(${JSON.stringify(sink)});
      fileSink(${JSON.stringify(path)}).write({ type: 'warning', seq: 0, at: 0, message: 'last words' });
      process.exit(0);`;
    execFileSync(process.execPath, ['--input-type=module', '-e', script]);
    expect(readFileSync(path, 'utf8')).toContain('last words');
  });

  it('cannot be opened where there is no directory, and says so', () => {
    expect(() => fileSink('/nowhere/at/all.jsonl')).toThrow(/trace file `\/nowhere\/at\/all.jsonl` cannot be written/);
  });

  it.runIf(process.platform === 'linux')('gives up, without throwing, when the disk is full', () => {
    const sink = fileSink('/dev/full');
    const record: TraceRecord = { type: 'warning', seq: 0, at: 0, message: '' };
    sink.write(record);
    sink.flush();
    sink.write(record);
    expect(sink.fault?.message).toContain('ENOSPC');
    expect(() => sink.close?.()).not.toThrow();
  });
});
