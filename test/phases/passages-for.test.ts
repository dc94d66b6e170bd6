import { expect, it } from 'vitest';
import { MAX_PASSAGES, passagesFor } from '../../src/actors/phases/passages-for.ts';
import { extractiveAgent } from '../../src/agents/extractive.ts';
import type { AgentAnswer, Passage } from '../../src/types.ts';
import { fakeControls, fakeRequest } from '../support/fake-controls.ts';

const passage = (path: string, text: string): Passage => ({
  id: `${path}:1-1`,
  path,
  startLine: 1,
  endLine: 1,
  text,
  score: 1,
});

const files = Array.from({ length: 8 }, (_, n) => passage(`gate-${n}.md`, 'The gate paces starts.'));
const earlier = ['r1', 'r2'].map((id) =>
  passage(`run:${id}`, 'The gate, the gate: the gate paces starts of the gate.'),
);

it('gives the best earlier answer on top of the files, however well it fits', () => {
  const paths = passagesFor('How does the gate pace starts?', [...files, ...earlier]).map(({ path }) => path);
  expect(paths).toHaveLength(MAX_PASSAGES + 1);
  expect(paths.slice(0, MAX_PASSAGES).every((path) => path.startsWith('gate-'))).toBe(true);
  expect(paths.at(-1)).toBe('run:r1');
});

it('quotes an earlier answer only where no file was found', async () => {
  const { run } = extractiveAgent();
  const ask = (passages: Passage[]): AgentAnswer | Promise<AgentAnswer> =>
    run(fakeRequest({ prompt: 'How does the gate pace starts?', passages }), fakeControls());
  expect(await ask([...earlier, passage('gate.md', 'The gate paces starts.')])).toBe(
    '- The gate paces starts. (gate.md:1)',
  );
  expect(await ask(earlier.slice(0, 1))).toContain('(run:r1:1)');
});
