import { access, chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkAgents } from '../../src/node/doctor.ts';
import { findProgram } from '../../src/node/which.ts';
import { temporaryDirectory } from '../support/processes.ts';

async function folderWith(programs: Record<string, string>): Promise<string> {
  const folder = await temporaryDirectory();
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(folder, name), 0o755);
  }
  return folder;
}

describe('findProgram', () => {
  it('finds the first executable file on PATH', async () => {
    const first = await temporaryDirectory();
    await writeFile(join(first, 'tool'), 'not executable');
    await mkdir(join(first, 'other'));
    const second = await folderWith({ tool: '', other: '' });
    const env = { PATH: `${first}:${second}` };
    expect(await findProgram('tool', env)).toBe(join(second, 'tool'));
    expect(await findProgram('other', env)).toBe(join(second, 'other'));
    expect(await findProgram('missing', env)).toBeNull();
  });

  it('looks names with a slash up from the working directory', async () => {
    const folder = await folderWith({ tool: '' });
    expect(await findProgram('./tool', {}, folder)).toBe(join(folder, 'tool'));
    expect(await findProgram(join(folder, 'tool'), {})).toBe(join(folder, 'tool'));
  });
});

describe('checkAgents', () => {
  it('reports every agent, then every known tool that no agent uses', async () => {
    const PATH = await folderWith({ claude: 'echo "1.2.3 (Claude Code)"; echo more', mine: 'touch ran' });
    const reports = await checkAgents(
      {
        coder: { kind: 'cli', tool: 'claude' },
        sh: { kind: 'command', command: ['mine', '-x'] },
        gone: { kind: 'command', command: ['gone'] },
      },
      { env: { PATH } },
    );
    expect(reports.map(({ id }) => id)).toEqual([
      'coder',
      'sh',
      'gone',
      'codex',
      'gemini',
      'opencode',
      'aider',
      'cursor-agent',
      'ollama',
    ]);
    expect(reports[0]).toEqual({
      id: 'coder',
      kind: 'cli',
      program: 'claude',
      path: join(PATH, 'claude'),
      version: '1.2.3 (Claude Code)',
      ok: true,
      hint: null,
    });
    expect(reports[1]).toMatchObject({
      kind: 'command',
      path: join(PATH, 'mine'),
      version: null,
      ok: true,
      hint: null,
    });
    expect(reports[2]).toMatchObject({ path: null, ok: false, hint: expect.stringContaining('`gone` was not found') });
    expect(reports[3]).toMatchObject({
      id: 'codex',
      path: null,
      ok: false,
      hint: expect.stringContaining('npm install'),
    });
  });

  it('does not run commands', async () => {
    const cwd = await folderWith({ deploy: 'touch ran' });
    await checkAgents({ deploy: { kind: 'command', command: ['./deploy'], cwd } }, { env: { PATH: '' } });
    await expect(access(join(cwd, 'ran'))).rejects.toThrow();
  });

  it('tells a tool that fails or hangs from one that works', async () => {
    const PATH = `${await folderWith({ claude: 'echo broken >&2; exit 3', codex: 'sleep 1002.1' })}:${process.env.PATH}`;
    const reports = await checkAgents({}, { env: { PATH }, timeoutMs: 300 });
    expect(reports.find(({ id }) => id === 'claude')).toMatchObject({
      ok: false,
      version: null,
      hint: expect.stringMatching(/exited with code 3: broken/),
    });
    expect(reports.find(({ id }) => id === 'codex')).toMatchObject({
      ok: false,
      hint: expect.stringMatching(/300 ms/),
    });
  });
});
