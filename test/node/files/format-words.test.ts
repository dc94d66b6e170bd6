import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createSoar } from '../../../src/create-soar.ts';
import { sqliteJournal } from '../../../src/node/store/sqlite-journal.ts';
import { journalSource } from '../../../src/node/view/journal-source.ts';
import { createSecretMask } from '../../../src/text/mask/secret-mask.ts';
import { traceRecordSchema } from '../../../src/trace/trace.schema.ts';
import type { AgentControls, AgentRequest } from '../../../src/types/agent.ts';
import { temporaryDirectory } from '../../support/processes.ts';
import { textOf } from '../../support/source-text.ts';

/** Words of our records, and names that a plan chose: each may be a password. */
const WORDS = [
  ...['succeeded', 'cancelled', 'interrupted', 'attempt.started', 'task.settled', 'attempts', 'startedAt', 'dependsOn'],
  ...[
    'metadata',
    'outcomes',
    'breakers',
    'agentId":"',
    'first-task',
    'second-task',
    'production',
    'the-run-1',
    'a_failure',
  ],
];

/** A run that is interrupted in its second task and gone on with, in an environment with this password. */
async function resumedRun(password: string, said: string) {
  const dir = await temporaryDirectory();
  const env = { HTTP_PASSWORD: password };
  const heard: string[] = [];
  const half = async (isFirst: boolean) => {
    const journal = sqliteJournal({ dir, env });
    const production = async ({ prompt, taskId }: AgentRequest, { signal }: AgentControls) => {
      heard.push(prompt);
      if (taskId === 'second-task' && isFirst) {
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      }
      return { output: `It says ${said}.`, data: { [said]: said, type: said } };
    };
    const soar = createSoar({ agents: { production }, journal });
    const tasks = [
      { id: 'first-task', prompt: `Say ${said}` },
      { id: 'second-task', prompt: `Say ${said}`, dependsOn: ['first-task'] },
    ];
    try {
      if (!isFirst) return await soar.resume('the-run-1').result;
      const run = soar.run({ goal: said, tasks }, { runId: 'the-run-1' });
      run.events$.subscribe((event) => {
        if (event.type === 'attempt.started' && event.taskId === 'second-task') queueMicrotask(() => run.interrupt());
      });
      return await run.result;
    } finally {
      await soar.close();
      journal.close();
    }
  };
  await half(true);
  const { status, outcomes, metadata } = await half(false);
  const told = outcomes.map(({ taskId, agentId, status: ended, via, attempts }) => ({
    ...{ taskId, agentId, ended, via },
    attempts: attempts.map(({ n, agentId: by, key, result }) => ({ n, by, key, result })),
  }));
  const journal = sqliteJournal({ dir, env });
  const lines = (await textOf(journalSource(journal, 'the-run-1', { env }))).text.trimEnd().split('\n');
  const texts = journal
    .load('the-run-1')
    ?.entries.flatMap((entry) => (entry.type === 'task.settled' ? entry.report.outcome : []));
  journal.close();
  const bytes = readdirSync(dir).map((name) => readFileSync(join(dir, name), 'latin1'));
  return {
    story: { status, told, breakers: Object.keys(metadata.breakers), heard: heard.length },
    heard,
    lines,
    texts,
    bytes,
  };
}

describe('a password that is a word of our formats', () => {
  it.each(WORDS)('costs a run nothing, and is masked in what is said: %s', async (word) => {
    const usual = await resumedRun('correct-horse-battery', 'nothing');
    const run = await resumedRun(word, `<${word}>`);
    expect(run.story).toEqual(usual.story);
    expect(run.story.status).toBe('succeeded');
    expect(run.heard.every((prompt) => prompt.includes(`<${word}>`))).toBe(true);
    const mark = '<«masked:HTTP_PASSWORD»>';
    expect(run.texts).toMatchObject(
      run.heard.slice(1).map(() => ({ output: `It says ${mark}.`, data: { [mark]: mark, type: mark } })),
    );
    expect(run.bytes.join('')).not.toContain(`<${word}>`);
    const types = (lines: readonly string[]) => lines.map((line) => traceRecordSchema.parse(JSON.parse(line)).type);
    expect(types(run.lines)).toEqual(types(usual.lines));
    expect(run.lines.join('')).not.toContain(`<${word}>`);
  });

  it.each(WORDS)('leaves what a program reads its structure, and is masked in its texts: %s', (word) => {
    const { maskJson } = createSecretMask({ HTTP_PASSWORD: word });
    const json = maskJson(
      JSON.stringify({
        status: 'succeeded',
        outcomes: [{ status: 'cancelled', output: `a ${word}`, error: { kind: 'a_failure', message: word } }],
        metadata: { startedAt: 12345678, breakers: {} },
      }),
    );
    expect(JSON.parse(json)).toEqual({
      status: 'succeeded',
      outcomes: [
        {
          status: 'cancelled',
          output: 'a «masked:HTTP_PASSWORD»',
          error: { kind: 'a_failure', message: '«masked:HTTP_PASSWORD»' },
        },
      ],
      metadata: { startedAt: 12345678, breakers: {} },
    });
  });

  it.each(['exponential', 'opencode', 'tasks":[{'])(
    'is nothing that a run lacks once the password has changed: %s',
    (word) => {
      const header = {
        settings: { policy: { backoff: { strategy: 'exponential' } } },
        agents: { one: { kind: 'cli', tool: 'opencode' } },
        plan: { tasks: [{ id: 'a', prompt: 'Say it' }] },
      };
      const stored = createSecretMask({ HTTP_PASSWORD: word }).seal(JSON.stringify(header));
      expect(JSON.parse(createSecretMask({}).unmask(stored))).toEqual(header);
    },
  );

  it('is not a number of a record, and no part of the name of another secret', () => {
    const { maskJson } = createSecretMask({ PIN_KEY: '12345678', A_PASSWORD: 'hunter2-hunter2', B_KEY: 'PASSWORD' });
    expect(JSON.parse(maskJson('{"at":12345678,"text":"12345678 hunter2-hunter2"}'))).toEqual({
      at: 12345678,
      text: '«masked:PIN_KEY» «masked:A_PASSWORD»',
    });
  });

  it('is masked where a task or an agent has the name of a member of ours', () => {
    const { maskJson } = createSecretMask({ A_KEY: 'hunter2-hunter2' });
    const agents = {
      status: 'hunter2-hunter2',
      'x-hunter2-hunter2': { state: 'open', data: { status: 'hunter2-hunter2' } },
    };
    expect(JSON.parse(maskJson(JSON.stringify({ agents })))).toEqual({
      agents: { status: '«masked:A_KEY»', 'x-«masked:A_KEY»': { state: 'open', data: { status: '«masked:A_KEY»' } } },
    });
  });
});
