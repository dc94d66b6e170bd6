import { describe, expect, it } from 'vitest';
import { createDocumentRetriever } from '../../../src/phases/retrieve/retrieve.ts';
import type { RetrieveInput } from '../../../src/phases/types.ts';

const documents = [
  { path: 'docs/gate.md', text: '# Gate\n\nThe gate grants a lease and paces starts.' },
  { path: 'docs/breaker.md', text: '# Breaker\n\nA circuit breaker opens after failures.' },
  { path: 'src/cooling.ts', text: 'export const maxCoolingMs = 120_000;' },
  { path: 'test/gate.test.ts', text: "it('grants a lease and paces starts at the gate', () => {});" },
  { path: 'notes/food.md', text: '# Bread\n\nFlour, water and salt.' },
];

async function search(query: string, more: Partial<RetrieveInput> = {}, docs = documents) {
  const { signal } = new AbortController();
  return createDocumentRetriever(docs)({ query, complexity: 'simple', ...more }, { signal });
}
const paths = async (query: string, more?: Partial<RetrieveInput>) =>
  (await search(query, more)).passages.map((passage) => passage.path);

describe('createDocumentRetriever', () => {
  it('puts the text about the question first', async () => {
    expect((await paths('How does the gate pace starts?'))[0]).toBe('docs/gate.md');
  });

  it.each(['What is in src/cooling.ts?', 'What does cooling.ts say about the gate?', './src/cooling.ts'])(
    'puts a file first that the question names: %s',
    async (query) => {
      expect((await paths(query))[0]).toBe('src/cooling.ts');
    },
  );

  it('takes passages of a named file also where none of the words stands', async () => {
    const docs = [...documents, { path: 'src/zebra.ts', text: 'export const stripes = 9;' }];
    const { passages } = await search('Explain zebra.ts', {}, docs);
    expect(passages[0]?.path).toBe('src/zebra.ts');
  });

  it('takes questions of any kind in a time that grows with their length alone', async () => {
    for (const piece of ['a', 'a.', 'a/', '@', '.', 'a@', 'a/a.', '-/']) {
      expect((await search(piece.repeat(50_000 / piece.length))).searched).toBe(documents.length);
    }
  });

  it('finds parts of names in camel case', async () => {
    expect(await paths('how long is cooling')).toEqual(['src/cooling.ts']);
  });

  it('finds other inflections of a word', async () => {
    expect(await paths('what is opening circuits')).toEqual(['docs/breaker.md']);
  });

  it('puts tests first when they are asked for', async () => {
    expect((await paths('which test grants a lease at the gate and paces starts'))[0]).toBe('test/gate.test.ts');
  });

  it('gives each of several questions its turn', async () => {
    const many = Array.from({ length: 9 }, (_, n) => ({ path: `g${n}.md`, text: 'gate gate gate lease' }));
    const { passages } = await search('What is the gate? What is bread?', {}, [...many, ...documents]);
    expect(passages.slice(0, 2).map(({ path }) => path)).toContain('notes/food.md');
  });

  it('takes at most three passages of one file, and no more than the budget', async () => {
    const text = Array.from({ length: 9 }, (_, n) => `# Lease ${n}\n\nA lease.`).join('\n\n');
    const docs = Array.from({ length: 4 }, (_, n) => ({ path: `${n}.md`, text }));
    const { passages, budget } = await search('lease', {}, docs);
    expect(budget).toBe(5);
    expect(passages).toHaveLength(5);
    expect(Math.max(...docs.map(({ path }) => passages.filter((one) => one.path === path).length))).toBe(3);
  });

  it.each([
    ['simple', 5],
    ['medium', 10],
    ['complex', 15],
    ['critical', 20],
  ] as const)('has a budget for a %s query of %i passages', async (complexity, budget) => {
    expect((await search('lease', { complexity })).budget).toBe(budget);
  });

  it('puts context files first, even when they say nothing about it', async () => {
    expect(await paths('gate', { contextFiles: ['notes/food.md'] })).toEqual([
      'notes/food.md',
      'docs/gate.md',
      'test/gate.test.ts',
    ]);
  });

  it('notes a context file that is not there', async () => {
    expect((await search('gate', { contextFiles: ['no.md'] })).notes[0]).toContain('`no.md`');
  });

  it('says so when nothing fits', async () => {
    const { passages, notes } = await search('quantum chromodynamics');
    expect(passages).toEqual([]);
    expect(notes).toEqual(['Files searched: 5; none has to do with the question.']);
  });

  it('gives the same passages whatever order the documents come in', async () => {
    const reversed = await search('gate lease', {}, documents.toReversed());
    expect(reversed.passages).toEqual((await search('gate lease')).passages);
  });

  it('stops when it is aborted', () => {
    const signal = AbortSignal.abort(new Error('enough'));
    expect(() => createDocumentRetriever(documents)({ query: 'gate', complexity: 'simple' }, { signal })).toThrow(
      'enough',
    );
  });
});

it('leaves out a passage that is one endless line', async () => {
  const endless = { path: 'a.md', text: `lease ${'word '.repeat(5000)}` };
  expect((await search('lease', {}, [endless])).passages).toEqual([]);
});
