import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSoar } from '../../../src/node/create-soar.ts';

let cwd = '';
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'soar-read-'));
  await writeFile(join(cwd, 'a.md'), 'one\ntwo\nthree\n');
  await writeFile(join(cwd, 'binary'), Buffer.from([1, 0, 2]));
});
afterEach(() => rm(cwd, { recursive: true, force: true }));

describe('a task that reads files', () => {
  it('gives its agent their lines, in the prompt and as passages', async () => {
    const soar = createSoar({
      cwd,
      agents: { x: ({ prompt, passages }) => `${prompt}|${passages?.map(({ id }) => id)}` },
    });
    const { outcomes } = await soar.run({ tasks: [{ id: 'a', prompt: 'Say', read: ['a.md:2-3'] }] }).result;
    expect(outcomes[0]?.output).toMatch(/^Say\n\nRelevant passages\./);
    expect(outcomes[0]?.output).toContain('<passage path="a.md" lines="2-3">\ntwo\nthree\n</passage>|a.md:2-3');
    await soar.close();
  });

  it.each([
    ['none.md', 'there is no such file'],
    ['.', 'it is a folder'],
    ['binary', 'it is not text'],
    ['a.md:7', 'it has 3 lines'],
  ])('is refused before anything runs when it cannot read %s', async (entry, why) => {
    const soar = createSoar({ cwd, agents: { x: () => '' } });
    expect(() => soar.run({ tasks: [{ id: 'a', prompt: '', read: [entry] }] })).toThrow(
      `Task \`a\` cannot read \`${entry}\`: ${why}`,
    );
    await soar.close();
  });
});
