import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

const root = path.join(import.meta.dirname, '../..');

/** What the pages leave to their reader; everything else a snippet has to bring along or to import. */
const WORLD = `
import type { ServerResponse } from 'node:http';
import type { Agent, AgentFunction, Passage, Plan, RunHandle, RunProgress, Soar, TaskOutcome } from 'soar-machine';
declare global {
  const agents: Record<string, AgentFunction>;
  const sh: AgentFunction;
  const llm: Agent;
  const plan: Plan;
  const run: RunHandle;
  const soar: Soar;
  const response: ServerResponse;
  const iframe: HTMLIFrameElement;
  const store: { subscribe(onChange: () => void): () => void; latest(): RunProgress | null };
  function show(what?: unknown): void;
  function search(query: string): Promise<Passage[]>;
  function review(plan: Plan): Promise<Plan | null>;
  function save(outcome: TaskOutcome): Promise<void>;
}`;
const PROVIDERS = `declare module '@ai-sdk/openai' { export const openai: (model: string) => import('ai').LanguageModel; }`;

/** TypeScript of a page, by section: what stands further down may continue with what stands above. */
function sectionsOf(page: string): { name: string; code: string }[] {
  const text = readFileSync(path.join(root, page), 'utf8');
  return text.split(/^## /m).flatMap((section, position) => {
    const snippets = [...section.matchAll(/^```tsx?\n([\s\S]*?)^```/gm)].map(([, code = '']) => code);
    const name = `${path.basename(page, '.md')}-${position}`;
    return snippets.length === 0 ? [] : [{ name, code: snippets.join('\n') }];
  });
}

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'soar-snippets-'));
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('every snippet of the documentation compiles as it is pasted', { timeout: 120_000 }, () => {
  const pages = ['README.md', ...readdirSync(path.join(root, 'docs')).map((name) => `docs/${name}`)];
  const sections = pages.filter((name) => name.endsWith('.md')).flatMap(sectionsOf);
  expect(sections.length).toBeGreaterThan(15);
  for (const { name, code } of sections) writeFileSync(path.join(folder, `${name}.tsx`), code);
  writeFileSync(path.join(folder, 'world.d.ts'), WORLD);
  writeFileSync(path.join(folder, 'providers.d.ts'), PROVIDERS);
  writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
  const compilerOptions = { moduleDetection: 'force', typeRoots: [path.join(root, 'node_modules/@types')] };
  writeFileSync(
    path.join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: path.join(root, 'tsconfig.json'), compilerOptions, include: ['*'] }),
  );
  const compiler = path.join(root, 'node_modules/typescript/bin/tsc');
  const { stdout } = spawnSync(process.execPath, [compiler, '-p', folder], { cwd: folder, encoding: 'utf8' });
  expect(stdout).toBe('');
});
