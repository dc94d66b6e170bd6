import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { extractiveAgent, NO_ANSWER } from '../../src/agents/extractive.ts';
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
  it('quotes the sentence that answers, with its line', async () => {
    const text = '# Gate\n\nThe weather is fine. The gate grants leases to tasks.\nNothing else matters here.';
    expect(await answer('Who grants leases?', passagesOf('a.md', text))).toBe(
      '- The weather is fine. The gate grants leases to tasks. (a.md:3)',
    );
  });

  it('prefers a doc comment to the code below it', async () => {
    const text = '/** Grants a lease to a task. */\nexport function grantLease() {}';
    expect((await answer('How is a lease granted?', passagesOf('a.ts', text))).split('\n')[0]).toBe(
      '- `grantLease`: Grants a lease to a task. (a.ts:1)',
    );
  });

  it('quotes code in backticks', async () => {
    expect(await answer('maxLeases', passagesOf('a.ts', 'export const maxLeases = 4;'))).toBe(
      '- `export const maxLeases = 4;` (a.ts:1)',
    );
  });

  it('says so when nothing fits', async () => {
    expect(await answer('How do I bake bread?', passagesOf('a.md', 'The gate grants leases.'))).toBe(NO_ANSWER);
  });

  it('says so when there is nothing to read', async () => {
    expect(await answer('anything', [])).toBe(NO_ANSWER);
  });

  it('does not repeat itself', async () => {
    const text =
      'The gate grants a lease to a task.\n\nThe gate grants a lease to a task!\n\nA lease ends with its attempt.';
    expect(
      (await answer('What is a lease of a task at the gate?', passagesOf('a.md', text))).match(/gate grants/g),
    ).toHaveLength(1);
  });

  it('answers in six lines at most', async () => {
    const text = Array.from({ length: 30 }, (_, n) => `A lease of kind${n} is good for purpose${n} and way${n}.`).join(
      '\n\n',
    );
    expect((await answer('What is a lease?', passagesOf('a.md', text))).split('\n').length).toBeLessThanOrEqual(6);
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

  it('cites the lines that its quotes stand on, in any file', async () => {
    const piece = fc.constantFrom(
      'The gate grants a lease.',
      'A lease is a right to run',
      'and it ends with the attempt. Then the gate',
      '',
      '',
      '# Lease',
      '- The lease of an item goes back',
      '  to the gate in time.',
      '| lease | gate |',
      '|---|---|',
      '```',
      'const lease = gate.grant(task);',
      '/** The gate keeps every lease. */',
      '/**',
      ' * A lease',
      ' * of the gate.',
      ' */',
      '// the lease is over',
      '# lease in a script',
      'def lease(gate):',
      '    """The lease of a gate."""',
      '> The gate is quoted on a lease.',
      'export function lease() {',
      '}',
    );
    const file = fc.record({
      path: fc.constantFrom('a.md', 'a.ts', 'a.py', 'a.txt'),
      lines: fc.array(piece, { maxLength: 80 }),
    });
    await fc.assert(
      fc.asyncProperty(file, async ({ path, lines }) => {
        const said = await answer('What is the lease of the gate?', passagesOf(path, lines.join('\n')));
        if (said === NO_ANSWER) return;
        for (const bullet of said.split('\n')) {
          const place = citationsIn(bullet).at(-1);
          expect(place).toBeDefined();
          const there = lines.slice((place?.startLine ?? 1) - 1, place?.endLine);
          expect(bare(there.join(' '))).toContain(
            bare(bullet.slice(0, bullet.lastIndexOf(' (')).replace(/^- (?:`\w+`: )?/, '')),
          );
        }
      }),
      { numRuns: 300 },
    );
  });
});

/** The words alone: comment markers and line ends are not part of a quote. */
function bare(text: string): string {
  return text.replace(/[^a-z]+/gi, ' ').trim();
}
