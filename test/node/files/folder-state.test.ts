import { mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { folderState, MAX_ENTRIES, ownFile } from '../../../src/node/files/folder-state.ts';
import { temporaryDirectory } from '../../support/processes.ts';

/** The state on a microtask of its own: within one turn it is taken once. */
async function stateOf(folder: string): Promise<string | null> {
  await Promise.resolve();
  return folderState(folder);
}

async function folder(): Promise<string> {
  const root = await temporaryDirectory();
  await mkdir(join(root, 'src'));
  await writeFile(join(root, 'src/a.ts'), 'one');
  await utimes(join(root, 'src/a.ts'), 1000, 1000);
  return root;
}

it('stays the same while nothing changes', async () => {
  const root = await folder();
  expect(await stateOf(root)).toMatch(/^[0-9a-f]{64}$/);
  expect(await stateOf(root)).toBe(await stateOf(root));
});

it('is known where `.git` is a file, as in worktrees and submodules', async () => {
  const root = await folder();
  await writeFile(join(root, '.git'), 'gitdir: elsewhere');
  expect(await stateOf(root)).toMatch(/^[0-9a-f]{64}$/);
});

it.each<[string, (root: string) => Promise<unknown>]>([
  ['a file is longer', (root) => writeFile(join(root, 'src/a.ts'), 'longer')],
  ['a file was touched', (root) => utimes(join(root, 'src/a.ts'), 2000, 2000)],
  ['there is another file', (root) => writeFile(join(root, 'src/b.ts'), '')],
  ['a file is gone', (root) => rm(join(root, 'src/a.ts'))],
  [
    'another commit is checked out',
    async (root) => {
      await mkdir(join(root, '.git/logs'), { recursive: true });
      await writeFile(join(root, '.git/HEAD'), 'ref: refs/heads/other');
    },
  ],
])('changes when %s', async (_, change) => {
  const root = await folder();
  const before = await stateOf(root);
  await change(root);
  expect(await stateOf(root)).not.toBe(before);
});

it('does not see what is installed, and what we write ourselves', async () => {
  const root = await folder();
  const before = await stateOf(root);
  await mkdir(join(root, 'node_modules/a'), { recursive: true });
  await writeFile(join(root, 'node_modules/a/index.js'), '');
  await mkdir(join(root, 'records'));
  ownFile(join(root, 'records'));
  await writeFile(join(root, 'records/soar.db'), '');
  expect(await stateOf(root)).toBe(before);
});

it('is taken once in a turn', async () => {
  const root = await folder();
  await Promise.resolve();
  const before = folderState(root);
  const { writeFileSync } = await import('node:fs');
  const now = folderState(root);
  writeFileSync(join(root, 'late.txt'), '');
  expect(folderState(root)).toBe(now);
  expect(before).toBeTypeOf('string');
  expect(await stateOf(root)).not.toBe(now);
});

it('is unknown of a folder that is not there, or that is too large', async () => {
  const root = await folder();
  expect(await stateOf(join(root, 'nowhere'))).toBeNull();
  await Promise.all(Array.from({ length: MAX_ENTRIES }, (_, n) => writeFile(join(root, `${n}`), '')));
  expect(await stateOf(root)).toBeNull();
});
