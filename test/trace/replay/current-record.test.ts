import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseTrace } from '../../../src/trace/replay/parse-trace.ts';
import { createReplay } from '../../../src/trace/replay/replay.ts';

const textOf = (name: string): string => readFileSync(`test/fixtures/traces/${name}.jsonl`, 'utf8');
const linesOf = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

const SAMPLES = ['v1-question', 'v1-storm-full'];

describe('a trace of version 1', () => {
  it.each(SAMPLES)('reads with the names of the present version: %s', (name) => {
    const given = linesOf(textOf(name));
    const read = parseTrace(textOf(name)) as unknown as Record<string, unknown>[];
    expect(read.length).toBe(given.length);
    for (const [index, old] of given.entries()) {
      const now = read[index] ?? {};
      expect([now.runId, now.taskId, now.agentId]).toEqual([old.run, old.task, old.agent]);
      expect([now.run, now.task, now.agent]).toEqual([undefined, undefined, undefined]);
      const agents = (attempts: unknown, key: string) =>
        (attempts as Record<string, unknown>[] | undefined)?.map((one) => one[key]);
      expect(agents(now.attempts, 'agentId')).toEqual(agents(old.attempts, 'agent'));
    }
  });

  it.each(SAMPLES)('replays as it is parsed or given line by line: %s', (name) => {
    const parsed = createReplay(parseTrace(textOf(name)));
    const added = createReplay();
    for (const line of linesOf(textOf(name))) added.add(line as never);
    for (const at of [parsed.startedAt, (parsed.startedAt + parsed.endedAt) / 2, parsed.endedAt]) {
      expect(added.at(at)).toEqual(parsed.at(at));
    }
  });

  it('replays to the end of its run, with the agent of every task', () => {
    const { runs } = createReplay(parseTrace(textOf('v1-storm-full'))).at(Number.MAX_SAFE_INTEGER);
    const [run] = runs;
    expect(run?.status).toBe('partial');
    expect(run?.tasks.map(({ id, agentId, status, attempts }) => [id, agentId, status, attempts])).toEqual([
      ['fetch-north', 'api', 'succeeded', 1],
      ['fetch-south', 'api', 'succeeded', 3],
      ['fetch-east', 'api', 'succeeded', 3],
      ['fetch-west', 'api', 'failed', 2],
      ['rates', 'metered', 'succeeded', 2],
      ['clean-north', 'metered', 'succeeded', 1],
      ['clean-south', 'metered', 'failed', 2],
      ['clean-east', 'metered', 'succeeded', 1],
      ['clean-west', 'metered', 'succeeded', 1],
      ['audit', 'api', 'succeeded', 1],
      ['totals', 'model', 'succeeded', 1],
      ['report', 'model', 'succeeded', 1],
    ]);
  });

  it('keeps fields of those names that the present version writes', () => {
    const machine = { type: 'actor.event', seq: 1, at: 0, actor: 't:1', event: 'go', data: { task: 'mine' } };
    const header = { type: 'trace.started', seq: 0, at: 0, v: 2, trace: 't', mode: 'full' };
    const [, read] = parseTrace(`${JSON.stringify(header)}\n${JSON.stringify(machine)}\n`);
    expect(read).toMatchObject({ data: { task: 'mine' } });
  });
});
