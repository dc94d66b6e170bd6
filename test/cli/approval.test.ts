import { describe, expect, it } from 'vitest';
import { decide, planLines } from '../../src/cli/approval.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { compilePlan } from '../../src/plan/compile.ts';
import { parsePlanText } from '../../src/plan/parse.ts';
import type { Plan } from '../../src/plan/types.ts';

const plan: Plan = {
  goal: 'Know it',
  tasks: [
    { id: 'first', prompt: 'Do the first\nthing', agent: 'one' },
    { id: 'second', prompt: 'Do the second', agent: 'two', dependsOn: ['first'] },
  ],
};

/** A person who answers as written, and edits as written. */
async function talk(answers: string[], edits: ((text: string) => string)[] = []) {
  const said: string[] = [];
  const done: unknown[] = [];
  const desk: Terminal = {
    say: (line) => said.push(line),
    ask: async () => answers.shift() ?? null,
    edit: async (text) => edits.shift()?.(text) ?? text,
    columns: () => 100,
  };
  const isDecided = await decide(plan, desk, {
    approve: (edited) => {
      if (edited) compilePlan(edited, { agents: ['one', 'two'] });
      done.push(['approved', edited?.tasks.map(({ id }) => id) ?? null]);
    },
    refuse: (reason) => done.push(['refused', reason]),
  });
  return { isDecided, said, done };
}

function note(seen: string[], text: string): string {
  seen.push(text);
  return text;
}

describe('a plan that is to be approved', () => {
  it('is shown as a table: who does what, after what', () => {
    expect(planLines(plan, 100)).toEqual([
      'A plan of 2 tasks: Know it',
      'TASK    AGENT  AFTER  PROMPT',
      'first   one           Do the first thing',
      'second  two    first  Do the second',
    ]);
  });

  it('fits into a narrow terminal', () => {
    for (const line of planLines({ tasks: [{ id: 'x', prompt: 'word '.repeat(100) }] }, 50)) {
      expect(line.length).toBeLessThanOrEqual(50);
    }
  });

  it('is approved as it is by yes', async () => {
    expect(await talk(['Y'])).toMatchObject({ isDecided: true, done: [['approved', null]] });
  });

  it('is refused by no', async () => {
    expect(await talk(['no'])).toMatchObject({ done: [['refused', 'The plan was refused.']] });
  });

  it('is asked about again after an invalid answer', async () => {
    const { said, done } = await talk(['', 'maybe', 'y']);
    expect(said.filter((line) => line === 'Answer y, e or n.')).toHaveLength(2);
    expect(done).toEqual([['approved', null]]);
  });

  it('is shown again once it is edited, and approved as edited', async () => {
    const { said, done } = await talk(['e', 'y'], [(text) => text.replaceAll('second', 'last')]);
    expect(said.some((line) => line.startsWith('last '))).toBe(true);
    expect(done).toEqual([['approved', ['first', 'last']]]);
  });

  it('is offered for editing as a plan file', async () => {
    const seen: string[] = [];
    await talk(['e', 'n'], [(text) => note(seen, text)]);
    expect(parsePlanText(seen[0] ?? '').tasks).toEqual(plan.tasks);
  });

  it('is asked about again when what was written is not a plan, with what is wrong, and the text is kept', async () => {
    const seen: string[] = [];
    const edits = [(text: string) => `${text}\nwrong: [`, (text: string) => note(seen, text).replace('\nwrong: [', '')];
    const { said, done } = await talk(['e', 'e', 'y'], edits);
    expect(said.join('\n')).toContain('as edited');
    expect(seen[0]).toContain('wrong: [');
    expect(done).toEqual([['approved', ['first', 'second']]]);
  });

  it('is asked about again when it cannot be run', async () => {
    const { said, done } = await talk(['e', 'y', 'n'], [(text) => text.replace('agent: two', 'agent: nobody')]);
    expect(said.join('\n')).toContain('nobody');
    expect(done).toEqual([['refused', 'The plan was refused.']]);
  });

  it('is not decided on without an answer', async () => {
    expect(await talk([])).toMatchObject({ isDecided: false, done: [] });
  });
});
