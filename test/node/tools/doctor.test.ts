import { access, chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findProgram } from '../../../src/node/process/which.ts';
import { checkAgents } from '../../../src/node/tools/doctor.ts';
import { pathWithFakes } from '../../support/fake-tools.ts';
import { temporaryDirectory } from '../../support/processes.ts';

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

  it('distinguishes a tool that fails from one that works', async () => {
    const PATH = await folderWith({ claude: 'echo broken >&2; exit 3', codex: 'echo 1.0' });
    const reports = await checkAgents({}, { env: { PATH }, timeoutMs: 60_000 });
    expect(reports.slice(0, 2)).toMatchObject([
      { id: 'claude', ok: false, version: null, hint: expect.stringMatching(/exited with code 3: broken/) },
      { id: 'codex', ok: true, version: '1.0', hint: null },
    ]);
  });

  it('gives up a tool that hangs', async () => {
    const PATH = await folderWith({ claude: 'while :; do :; done' });
    const [report] = await checkAgents({}, { env: { PATH }, timeoutMs: 100 });
    expect(report).toMatchObject({ id: 'claude', ok: false, hint: expect.stringMatching(/within 100 ms/) });
  });
});

describe('checkAgents with a self-test', () => {
  const env = { PATH: pathWithFakes() };
  // Seven that are asked at once take their time where there is one processor.
  const timeoutMs = 60_000;
  const asked = async (story: string, options: Parameters<typeof checkAgents>[1] = {}) => {
    const specs = { coder: { kind: 'cli', tool: 'claude', env: { FAKE: story } } } as const;
    const [report] = await checkAgents(specs, { env, timeoutMs, selfTest: true, ...options });
    return report;
  };

  it('asks each tool that is installed for one word, and reads what it prints', async () => {
    const reports = await checkAgents({}, { env, timeoutMs, selfTest: true });
    expect(reports.map(({ id, ok, selfTest }) => [id, ok, selfTest?.answer, selfTest?.read])).toEqual([
      ['claude', true, 'ready', 'events'],
      ['codex', true, 'ready', 'events'],
      ['gemini', true, 'ready', 'events'],
      ['opencode', true, 'ready', 'events'],
      ['aider', true, 'ready', 'text'],
      ['cursor-agent', true, 'ready', 'events'],
      ['ollama', true, 'ready', 'text'],
    ]);
    expect(reports[0]?.selfTest?.usage).toMatchObject({ totalTokens: 1050, costUsd: 0.01 });
    expect(reports.every(({ hint }) => hint === null)).toBe(true);
  });

  it('asks no agent unless asked, and never a command or what is not installed', async () => {
    const PATH = await folderWith({
      claude: 'case "$1" in --version) echo 1;; *) touch "$0.ran";; esac',
      mine: 'touch ran',
    });
    const specs = { mine: { kind: 'command', command: ['mine'] } } as const;
    await checkAgents(specs, { env: { PATH } });
    await expect(access(join(PATH, 'claude.ran'))).rejects.toThrow();
    const reports = await checkAgents(specs, { env: { PATH }, selfTest: true });
    expect(reports.filter(({ selfTest }) => selfTest).map(({ id }) => id)).toEqual(['claude']);
  });

  it('is not content with a tool that is not logged in', async () => {
    const report = await asked('unauthorized');
    expect(report).toMatchObject({ ok: false, version: '0.0.0 (a fake claude)', hint: 'auth: Invalid API key none' });
  });

  it('says which tool is too old to print events', async () => {
    // On no other PATH than theirs: what is installed on this machine would be asked, too, and cost money.
    const PATH = await folderWith({ claude: 'while read -r line; do :; done; echo ready' });
    const specs = { coder: { kind: 'cli', tool: 'claude' } } as const;
    const [report] = await checkAgents(specs, { env: { PATH }, selfTest: true });
    expect(report).toMatchObject({ ok: true, hint: expect.stringMatching(/plain text.*Update it/) });
  });

  it('gives up one that does not answer', async () => {
    const PATH = await folderWith({ claude: 'case "$1" in --version) echo 1;; *) while :; do :; done;; esac' });
    const specs = { coder: { kind: 'cli', tool: 'claude' } } as const;
    const [report] = await checkAgents(specs, { env: { PATH }, selfTest: true, selfTestTimeoutMs: 200 });
    expect(report).toMatchObject({ ok: false, hint: 'timeout: It did not answer within 200 ms' });
  });
});
