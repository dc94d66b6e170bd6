import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { extractiveAgent } from '../../src/agents/extractive.ts';
import { splitPassages } from '../../src/phases/retrieve/passages.ts';
import { citationsIn } from '../../src/text/citations.ts';
import type { Passage } from '../../src/types/passage.ts';
import { fakeControls, fakeRequest } from '../support/fake-controls.ts';

const passagesOf = (path: string, text: string): Passage[] =>
  splitPassages(text, path).map(({ names: _, ...passage }) => ({
    ...passage,
    path,
    id: `${path}:${passage.startLine}-${passage.endLine}`,
    score: 1,
  }));
const answer = async (question: string, passages: Passage[], controls = fakeControls()) =>
  (await extractiveAgent().run(fakeRequest({ prompt: question, passages }), controls)) as string;

describe('extractiveAgent', () => {
  it('shows a passage as it stands, under its name and place', async () => {
    const text = '# Gate\n\nThe gate grants leases.\nNothing else matters here.';
    expect(await answer('Who grants leases?', passagesOf('a.md', text))).toBe(
      'Gate (a.md:1-4)\n    # Gate\n\n    The gate grants leases.\n    Nothing else matters here.',
    );
  });

  it('names code by its declaration', async () => {
    const text = '/** Grants a lease to a task. */\nexport function grantLease() {}';
    expect((await answer('How is a lease granted?', passagesOf('a.ts', text))).split('\n')[0]).toBe(
      'grantLease (a.ts:1-2)',
    );
  });

  it('shows the eight lines of a long passage that hold most words of the question', async () => {
    const filler = Array.from({ length: 12 }, (_, n) => `const filler${n} = ${n};`);
    const text = [...filler, 'grant(lease, task);', ...filler].join('\n');
    const shown = await answer('How does a task grant a lease?', passagesOf('a.ts', text));
    expect(shown).toContain('grant(lease, task);');
    expect(shown.split('\n')).toHaveLength(9);
  });

  it('leaves out passages that share one word of several with the question', async () => {
    const both = passagesOf('a.md', 'The gate grants leases.');
    const one = passagesOf('b.md', 'The garden gate is green.');
    expect(await answer('Which leases does the gate grant?', [...one, ...both])).not.toContain('garden');
  });

  it.each([
    ['nothing fits', 'Why do glaciers calve?', passagesOf('a.md', 'The gate grants leases.')],
    ['there is nothing to read', 'anything', []],
  ])('fails as not_found when %s', async (_, question, passages) => {
    await expect(async () => answer(question, passages)).rejects.toMatchObject({ kind: 'not_found', fault: 'task' });
  });

  it('shows five passages at most', async () => {
    const passages = Array.from({ length: 9 }, (_, n) => passagesOf(`f${n}.md`, `A lease of the gate, ${n}.`)).flat();
    expect(citationsIn(await answer('What is a lease of the gate?', passages))).toHaveLength(5);
  });

  it('reports progress and its liveness', async () => {
    const controls = fakeControls();
    await answer('lease', passagesOf('a.md', 'A lease is a right.'), controls);
    expect(controls.heartbeats).toBe(1);
    expect(controls.progressed).toEqual([{ done: 1, total: 1, message: 'passages read' }]);
  });

  it('does nothing once it is asked to stop', () => {
    const controls = fakeControls();
    controls.abort(new Error('enough'));
    expect(() => extractiveAgent().run(fakeRequest(), controls)).toThrow('enough');
  });

  it('shows exactly the lines that it cites, in any file', async () => {
    const piece = fc.constantFrom(
      'The gate grants a lease.',
      '',
      '# Lease',
      '  indented lease',
      '```',
      'def gate(x):',
      '}',
    );
    const file = fc.record({
      path: fc.constantFrom('a.md', 'a.ts', 'a.py'),
      lines: fc.array(piece, { maxLength: 80 }),
    });
    await fc.assert(
      fc.asyncProperty(file, async ({ path, lines }) => {
        const shown = await answer('What is the lease of the gate?', passagesOf(path, lines.join('\n'))).catch(
          () => '',
        );
        const places = citationsIn(shown);
        const cited = places.flatMap(({ startLine, endLine }) => lines.slice(startLine - 1, endLine));
        const quoted = shown.split('\n').filter((line) => line.startsWith('    '));
        expect(quoted.map((line) => line.slice(4))).toEqual(cited.filter((line) => line !== ''));
      }),
      { numRuns: 300 },
    );
  });
});
