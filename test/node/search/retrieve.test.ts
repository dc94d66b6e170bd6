import { link, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFileRetriever, type FileRetrieverOptions } from '../../../src/node/search/retrieve.ts';

let base = '';
let cwd = '';
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'soar-retrieve-'));
  cwd = join(base, 'project');
  await mkdir(cwd);
});
afterEach(() => rm(base, { recursive: true, force: true }));

async function files(contents: Record<string, string | Buffer>): Promise<void> {
  for (const [path, content] of Object.entries(contents)) {
    await mkdir(dirname(join(cwd, path)), { recursive: true });
    await writeFile(join(cwd, path), content);
  }
}
async function search(options: Partial<FileRetrieverOptions> = {}, contextFiles: string[] = []) {
  const { signal } = new AbortController();
  const found = await createFileRetriever({ cwd, ...options })(
    { query: 'lease', complexity: 'critical', contextFiles },
    { signal },
  );
  return { ...found, paths: found.passages.map(({ path }) => path).sort() };
}

describe('createFileRetriever', () => {
  it('finds passages with their lines', async () => {
    await files({ 'docs/a.md': '# Other\n\nNothing.\n\n# Lease\n\nA right.\n' });
    expect((await search()).passages[0]).toMatchObject({
      id: 'docs/a.md:5-7',
      startLine: 5,
      endLine: 7,
      text: '# Lease\n\nA right.',
    });
  });

  it('leaves out dependencies, build output, hidden folders, lock files and minified code', async () => {
    await files({
      'src/a.ts': '// lease',
      'node_modules/x/a.js': '// lease',
      'dist/a.js': '// lease',
      '.git/a': 'lease',
      '.cache/a': 'lease',
      'package-lock.json': '"lease"',
      'src/a.min.js': 'lease',
      'src/long.js': `lease(${'1,'.repeat(2000)})`,
      '.github/a.md': 'lease',
    });
    expect((await search()).paths).toEqual(['.github/a.md', 'src/a.ts']);
  });

  it('leaves out files that may hold secrets and counts them in one line', async () => {
    await files({
      '.env': 'lease=1',
      '.gitignore': 'config/',
      'deploy/.env.local~': 'lease=1',
      'server.pem': 'lease',
      'secrets/notes.txt': 'lease',
      'key.txt': `lease\n-----BEGIN PRIVATE KEY-----\n${'A'.repeat(64)}\n-----END PRIVATE KEY-----\n`,
      'environment.md': 'lease',
    });
    await link(join(cwd, '.env'), join(cwd, 'a-hard-link.md'));
    await symlink(join(cwd, '.env'), join(cwd, 'a-link.md'));
    const { paths, notes } = await search();
    expect(paths).toEqual(['environment.md']);
    expect(notes).toEqual(['Left out 6 files that may hold secrets.']);
  });

  it('leaves out every file of a folder of keys that it is started in', async () => {
    cwd = join(base, '.ssh');
    await files({ config: 'lease' });
    expect((await search()).paths).toEqual([]);
  });

  it('reads a secret file that the question names as context', async () => {
    await files({ 'prod.env': 'lease=1' });
    expect((await search({}, ['prod.env'])).paths).toEqual(['prod.env']);
  });

  it('leaves out binary files', async () => {
    await files({ 'a.txt': 'lease', 'b.txt': Buffer.from('lease\0lease') });
    expect((await search()).paths).toEqual(['a.txt']);
  });

  it('honours ignore files, nested ones within their folder', async () => {
    await files({
      '.gitignore': '*.log\n/private/\n',
      'a.log': 'lease',
      'private/a.md': 'lease',
      'deep/private/a.md': 'lease',
      'deep/.gitignore': 'b.md\n!keep.log\n',
      'deep/b.md': 'lease',
      'deep/keep.log': 'lease',
      'b.md': 'lease',
    });
    expect((await search()).paths).toEqual(['b.md', 'deep/keep.log', 'deep/private/a.md']);
  });

  it('does not follow links out of the directory', async () => {
    await writeFile(join(base, 'secret.md'), 'lease');
    await symlink(join(base, 'secret.md'), join(cwd, 'link.md'));
    await symlink(base, join(cwd, 'up'));
    expect((await search()).paths).toEqual([]);
  });

  it('stops at the most files, the shallow ones first, and says so', async () => {
    await files({ 'a/b/c.md': 'lease', 'z.md': 'lease', 'a/b.md': 'lease' });
    const { paths, notes } = await search({ maxFiles: 2 });
    expect(paths).toEqual(['a/b.md', 'z.md']);
    expect(notes).toEqual(['Stopped at 2 files.']);
  });

  it('does not say that it stopped when it read everything', async () => {
    await files({ 'a.md': 'lease', 'b.md': 'lease' });
    expect((await search({ maxFiles: 2 })).notes).toEqual([]);
  });

  it('leaves out large files and says so', async () => {
    await files({ 'a.md': 'lease', 'b.md': `lease ${'word '.repeat(100)}` });
    const { paths, notes } = await search({ maxFileBytes: 100 });
    expect(paths).toEqual(['a.md']);
    expect(notes).toEqual(['Files too large to read: 1.']);
  });

  it('stops when it has read enough and says so', async () => {
    await files({ 'a.md': 'lease 12345', 'b.md': 'lease 12345', 'c.md': 'lease 12345' });
    const { searched, notes } = await search({ maxTotalBytes: 25 });
    expect(searched).toBe(2);
    expect(notes[0]).toContain('Stopped after 2 files');
  });

  it('puts context files first, ignored or not', async () => {
    await files({ '.gitignore': 'notes.md', 'notes.md': 'Some thoughts.', 'a.md': 'lease' });
    const { passages } = await search({}, ['notes.md']);
    expect(passages.map(({ path }) => path)).toEqual(['notes.md', 'a.md']);
  });

  it('notes a context file that cannot be read', async () => {
    await files({ 'a.md': 'lease' });
    expect((await search({}, ['no.md'])).notes).toEqual(['Could not read `no.md`: there is no such file.']);
  });

  it('gives the same result every time', async () => {
    await files(Object.fromEntries(Array.from({ length: 80 }, (_, n) => [`${n % 7}/f${n}.md`, 'lease'])));
    expect(await search()).toEqual(await search());
  });

  it('rejects when it is aborted', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(createFileRetriever({ cwd })({ query: 'lease', complexity: 'simple' }, { signal })).rejects.toThrow(
      'enough',
    );
  });
});
