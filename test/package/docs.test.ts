import { readFileSync } from 'node:fs';
import { access, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { planJsonSchema } from '../../src/plan/plan.schema.ts';
import { PRESET_NAMES } from '../../src/policy/policy.schema.ts';

const root = path.join(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
const manifest = JSON.parse(read('package.json')) as Record<
  'version' | 'dependencies' | 'devDependencies' | 'peerDependencies',
  Record<string, string>
> & { scripts: Record<string, string> };

/** What sources, tests, benchmarks and scripts import that is neither theirs nor Node's. */
async function importedPackages(): Promise<Set<string>> {
  const found = new Set<string>();
  for (const folder of ['src', 'test', 'bench', 'scripts', 'examples']) {
    for (const name of await readdir(path.join(root, folder), { recursive: true })) {
      // Apps of test/package have packages and lockfiles of their own.
      if (!/\.m?ts$|\.mjs$/.test(name) || /^package\/\w+\//.test(name)) continue;
      for (const [, from = ''] of read(path.join(folder, name)).matchAll(
        /^(?:import|export)\b[^'"]*? from '([^'.][^']*)'/gm,
      )) {
        const [first = '', second = ''] = from.split('/');
        const dependency = first.startsWith('@') ? `${first}/${second}` : first;
        if (!first.includes(':') && first !== 'soar-machine') found.add(dependency);
      }
    }
  }
  return found;
}

describe('the documentation', () => {
  it('gives a reason for every package that is imported, and for none that is not there', async () => {
    const { dependencies, devDependencies, peerDependencies } = manifest;
    const known = Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies });
    const told = [...read('docs/dependencies.md').matchAll(/^\| `([^`]+)`/gm)].map(([, name = '']) => name);
    const imported = await importedPackages();
    expect([...imported].filter((name) => !told.includes(name))).toEqual([]);
    expect(told.filter((name) => !known.includes(name))).toEqual([]);
  });

  it('explains every key of a plan, of a task and of an agent', () => {
    const schema = planJsonSchema() as unknown as {
      properties: object;
      $defs: { task: { properties: object }; agent: { oneOf: { properties: object }[] } };
    };
    const page = read('docs/plan-files.md');
    const keys = [...Object.keys(schema.properties), ...Object.keys(schema.$defs.task.properties)];
    expect(keys.filter((key) => !page.includes(`\`${key}\``))).toEqual([]);
    const agents = read('docs/agents.md');
    const keysOfAgents = schema.$defs.agent.oneOf.flatMap(({ properties }) => Object.keys(properties));
    expect(keysOfAgents.filter((key) => !agents.includes(`\`${key}`))).toEqual([]);
  });

  it('lists every preset', () => {
    const page = read('docs/plan-files.md');
    expect(PRESET_NAMES.filter((name) => !page.includes(`| \`${name}\` |`))).toEqual([]);
  });

  it('names no script that is not there', () => {
    const pages = ['README.md', 'AGENTS.md', '.ci/run'].map(read).join('\n');
    const scripts = [...pages.matchAll(/npm run -s ([\w:]+)/g)].map(([, name = '']) => name);
    expect([...new Set(scripts)].filter((name) => !(name in manifest.scripts))).toEqual([]);
  });

  it('begins with the command that shows the main job and the one that runs all tests, which is what CI runs', () => {
    const [first = '', second = ''] = [...read('README.md').matchAll(/```sh\n([\s\S]*?)```/g)].map(([, code = '']) =>
      code.trim(),
    );
    expect(first).toBe('npm ci && npm run -s soar -- run examples/tour.yaml');
    expect(second).toBe('npm ci && npm test');
    expect(read('.ci/run')).toContain(`'${second}'`);
  });

  it('opens with a README of at most 900 words outside code', () => {
    const prose = read('README.md').replace(/```[\s\S]*?```/g, '');
    expect(prose.split(/\s+/).filter((word) => word !== '').length).toBeLessThanOrEqual(900);
  });

  it('is found from its index, page by page', async () => {
    const index = read('docs/README.md');
    const pages = (await readdir(path.join(root, 'docs'))).filter(
      (name) => name.endsWith('.md') && name !== 'README.md',
    );
    expect(pages.filter((name) => !index.includes(`](${name})`))).toEqual([]);
  });

  it('mentions this version in the changelog', () => {
    expect(read('CHANGELOG.md')).toContain(`## [${manifest.version}]`);
  });

  it('has no dead links between its files', async () => {
    const pages = ['README.md', 'AGENTS.md', ...(await readdir(path.join(root, 'docs'))).map((name) => `docs/${name}`)];
    const dead: string[] = [];
    for (const page of pages.filter((name) => name.endsWith('.md'))) {
      const text = (await readFile(path.join(root, page), 'utf8')).replace(/`[^`\n]*`/g, '');
      for (const [, target = ''] of text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
        if (/^https?:/.test(target)) continue;
        await access(path.join(root, path.dirname(page), target)).catch(() => dead.push(`${page}: ${target}`));
      }
    }
    expect(dead).toEqual([]);
  });
});
