import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../src/run/result.ts';
import { startModelServer } from '../support/model-server.ts';
import { temporaryDirectory } from '../support/processes.ts';
import { runSoar, writeIn } from './soar-cli.ts';

const QUERY =
  'Explain how the lid and the spout of the teapot work together, and why the glaze cracks across the whole teapot.';
const DECOMPOSITION = {
  goal: 'Lid, spout and glaze',
  subgoals: [
    { id: 'Lid and spout', prompt: 'How do lid and spout work together?', dependsOn: [] },
    {
      id: 'Glaze',
      prompt: 'Why does the glaze crack?',
      dependsOn: ['Lid and spout'],
      match: 'insufficient',
      idealAgent: { name: 'Potter', description: 'Knows glazes' },
    },
  ],
};

describe('soar plan with a model', () => {
  it('writes a plan that a person can edit and soar run runs, with the agent it makes up and the lines it found', async () => {
    const cwd = await temporaryDirectory();
    await writeIn(
      cwd,
      'teapot.md',
      '# Teapot\n\nThe lid closes the spout when the teapot pours.\n\n# Glaze\n\nThe glaze cracks.\n',
    );
    const answers = ['They close each other.', 'It was fired too hot.'].map((text) => ({ deltas: [text] }));
    const server = await startModelServer({
      clay: [{ deltas: ['```json\n', JSON.stringify(DECOMPOSITION), '\n```'] }, ...answers],
    });
    const planned = await runSoar(['plan', QUERY, '-o', 'plan.yaml', '--model', `${server.url}#clay`], { cwd });
    expect(planned.code, planned.stderr).toBe(0);
    const text = await readFile(join(cwd, 'plan.yaml'), 'utf8');
    expect(text).toContain('  potter:\n    kind: adHoc\n');
    expect(text).toMatch(/read:\n {6}- teapot\.md:\d/);
    expect(text).not.toContain('closes the spout');

    // The file is read again when the plan is run, and so is the plan.
    await writeIn(cwd, 'plan.yaml', text.replace('Why does the glaze crack?', 'Why does it crack so soon?'));
    const { code, stdout, stderr } = await runSoar(['run', 'plan.yaml', '--json'], { cwd });
    expect(code, stderr).toBe(0);
    const { outcomes } = JSON.parse(stdout) as RunResult;
    expect(outcomes.map(({ taskId, agentId, output }) => [taskId, agentId === 'potter', output])).toEqual([
      ['lid-and-spout', false, 'They close each other.'],
      ['glaze', true, 'It was fired too hot.'],
    ]);
    const asked = (await server.received()).map(({ body }) => JSON.stringify(body?.messages));
    expect(asked).toHaveLength(3);
    expect(asked[1]).toContain('The lid closes the spout when the teapot pours.');
    expect(asked[2]).toContain('Act as: Potter. Knows glazes.');
    expect(asked[2]).toContain('Why does it crack so soon?');
    expect(asked[2]).toContain('✓ [lid-and-spout]: They close each other.');
  });
});
