import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { changesOf } from '../../../src/node/search/git-changes.ts';
import { createFileRetriever } from '../../../src/node/search/retrieve.ts';

let cwd = '';
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'soar-changes-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(cwd, { recursive: true, force: true });
});

async function git(args: string[], day = 1): Promise<void> {
  const date = `2024-01-${String(day).padStart(2, '0')}T12:00:00Z`;
  const who = { GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@b', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@b' };
  const when = { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
  const { PATH } = process.env;
  // Nothing of this machine's settings, nor of a hook that may have started the tests.
  const env = { PATH, ...who, ...when, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  await execa('git', args, { cwd, env, extendEnv: false });
}
async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(cwd, path)), { recursive: true });
  await writeFile(join(cwd, path), text);
}
async function commit(files: Record<string, string>, day: number): Promise<void> {
  for (const [path, text] of Object.entries(files)) await write(path, text);
  await git(['add', '-A'], day);
  await git(['commit', '-q', '-m', 'x'], day);
}
const day = (n: number) => Date.UTC(2024, 0, n, 12);
const { signal } = new AbortController();
const changes = (modified: [string, number][] = [], root = cwd) =>
  changesOf(root, Promise.resolve(new Map(modified)), signal);

const hasGit = spawnSync('git', ['--version']).status === 0;

describe.runIf(hasGit)('changesOf', () => {
  it('says when each file was last committed, relative to the directory', async () => {
    await git(['init', '-q']);
    await commit({ 'docs/ä b.md': 'x', 'docs/c.md': 'x', 'other.md': 'x' }, 1);
    await commit({ 'docs/c.md': 'y' }, 9);
    expect([...(await changes())].sort()).toEqual([
      ['docs/c.md', day(9)],
      ['docs/ä b.md', day(1)],
      ['other.md', day(1)],
    ]);
    expect([...(await changes([], join(cwd, 'docs')))].sort()).toEqual([
      ['c.md', day(9)],
      ['ä b.md', day(1)],
    ]);
  });

  it('says the same whatever is set for git, and from within a hook of another repository', async () => {
    await git(['init', '-q']);
    await commit({ 'docs/a.md': 'x' }, 1);
    await git(['config', 'log.showRoot', 'false']);
    for (const name of ['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE']) vi.stubEnv(name, join(cwd, 'elsewhere'));
    expect([...(await changes())]).toEqual([['docs/a.md', day(1)]]);
  });

  it('takes a few files that were written after the last commit for edited, and many for checked out', async () => {
    await git(['init', '-q']);
    await commit({ 'a.md': 'x' }, 1);
    const written = (newer: number) =>
      Array.from({ length: 20 }, (_, at): [string, number] => [`f${at}`, at < newer ? day(20) : day(1)]);
    expect((await changes(written(2))).get('f0')).toBe(day(20));
    expect((await changes(written(20))).get('f0')).toBeUndefined();
  });
});

it('goes by the times of the files where there is no git', async () => {
  // Whatever the folder for temporary files lies in.
  vi.stubEnv('GIT_CEILING_DIRECTORIES', dirname(cwd));
  expect([...(await changes([['a', 5]]))]).toEqual([['a', 5]]);
});

describe.runIf(hasGit)('createFileRetriever', () => {
  it('puts what changed last first, of files that say the same, and most of all when asked for it', async () => {
    await git(['init', '-q']);
    await commit({ 'a.md': 'A lease is a right.', 'old.md': 'A lease, a lease is a right, a lease.' }, 1);
    await commit({ 'b.md': 'A lease is a right.' }, 25);
    const paths = async (query: string) => {
      const found = await createFileRetriever({ cwd })({ query, complexity: 'simple' }, { signal });
      return found.passages.map(({ path }) => path);
    };
    expect(await paths('lease')).toEqual(['old.md', 'b.md', 'a.md']);
    expect((await paths('recently changed lease'))[0]).toBe('b.md');
  });
});
