import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/node/config/config.ts';
import { temporaryDirectory } from '../../support/processes.ts';

async function load(name: string, content: string, path?: string) {
  const cwd = await temporaryDirectory();
  await writeFile(join(cwd, name), content);
  return loadConfig({ cwd, ...(path === undefined ? {} : { path }) });
}

describe('a configuration', () => {
  it('is empty when there is no file', async () => {
    expect(await loadConfig({ cwd: await temporaryDirectory() })).toEqual({ path: null, specs: {}, agents: {} });
  });

  it.each([
    ['soar.config.json', '{ "agents": { "sh": { "kind": "command", "command": ["sh"] } }, "maxConcurrent": 2 }'],
    ['soar.config.yaml', 'agents:\n  sh: { kind: command, command: [sh] }\nmaxConcurrent: 2\n'],
    ['soar.config.yml', 'agents: { sh: { kind: command, command: [sh] } }\nmaxConcurrent: 2\n'],
    ['soar.config.mjs', 'export default { agents: { sh: { kind: "command", command: ["sh"] } }, maxConcurrent: 2 };'],
    [
      'soar.config.mts',
      'const most: number = 2;\nexport default { agents: { sh: { kind: "command", command: ["sh"] } }, maxConcurrent: most };',
    ],
  ])('is read from %s', async (name, content) => {
    const config = await load(name, content);
    expect(config).toMatchObject({ specs: { sh: { kind: 'command', command: ['sh'] } }, maxConcurrent: 2 });
    expect(config.path).toMatch(name);
  });

  it.each([
    ['soar.config.yaml', 'agents: { sh: { kind: command, command: [sh], env: { V: 1.10 } } }'],
    ['soar.config.json', '{"agents": {"sh": {"kind": "command", "command": ["sh"], "env": {"V": 1.10}}}}'],
  ])('keeps numbers of an environment as they are written in %s', async (name, content) => {
    expect((await load(name, content)).specs.sh).toMatchObject({ env: { V: '1.10' } });
  });

  it('keeps agents that are functions, or objects with run', async () => {
    const content =
      'export default { agents: { f: () => "x", o: { run: () => "y", provider: "p" }, sh: { kind: "command", command: ["sh"] } } };';
    const { agents, specs } = await load('soar.config.mjs', content);
    expect(Object.keys(agents)).toEqual(['f', 'o']);
    expect(Object.keys(specs)).toEqual(['sh']);
  });

  it('may be an empty file of YAML', async () => {
    expect(await load('soar.config.yaml', '# nothing yet\n')).toMatchObject({ specs: {}, agents: {} });
  });

  it('refuses unknown keys with the nearest known one, and everything else that is wrong', async () => {
    const content = 'maxConcurent: 2\nretries: -1\nagents:\n  sh: { kind: comand }\nlimits: { perAgnet: {} }\n';
    await expect(load('soar.config.yaml', content)).rejects.toMatchObject({
      code: 'invalid-config',
      message: expect.stringContaining('Did you mean `maxConcurrent`?'),
      issues: expect.objectContaining({ length: 4 }),
    });
  });

  it('refuses a fallback or a default agent that it does not have', async () => {
    const content =
      '{ "agents": { "sh": { "kind": "command", "command": ["sh"] } }, "fallback": "shh", "defaults": { "agent": "x" } }';
    await expect(load('soar.config.json', content)).rejects.toThrow(
      /`shh` \(`fallback`\).*Did you mean `sh`\?(?:.|\n)*`x`/,
    );
  });

  it.each([
    ['soar.config.json', '{ "agents": ', 'is not JSON. Line 1'],
    ['soar.config.yaml', 'agents: [', 'Line 1'],
    ['soar.config.mjs', 'export const x = 1;', 'exports nothing'],
    ['soar.config.mjs', 'throw new Error("no luck");', 'no luck'],
    ['soar.config.json', '[]', 'Expected the configuration to be an object'],
  ])('says what is wrong with %s: %j', async (name, content, message) => {
    await expect(load(name, content)).rejects.toThrow(message);
  });

  it('refuses to choose between two files', async () => {
    const cwd = await temporaryDirectory();
    await writeFile(join(cwd, 'soar.config.json'), '{}');
    await writeFile(join(cwd, 'soar.config.yaml'), '{}');
    await expect(loadConfig({ cwd })).rejects.toThrow(
      'several configuration files: soar.config.json, soar.config.yaml',
    );
    expect((await loadConfig({ cwd, path: 'soar.config.yaml' })).path).toBe(join(cwd, 'soar.config.yaml'));
  });

  it('must be there when it is named', async () => {
    await expect(load('other.json', '{}', 'none.json')).rejects.toMatchObject({ code: 'invalid-config' });
  });
});
