import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { quoted, temporaryDirectory } from '../support/processes.ts';
import { SOAR, writeIn } from './soar-cli.ts';

const agents = { sh: { kind: 'command', command: ['sh', '-c', '{{prompt}}'] } };

describe('A run whose progress cannot be written', () => {
  it.each([
    ['a reader that went away', '2> >(exit)'],
    ['a closed stderr', '2>&-'],
    ...(existsSync('/dev/full') ? [['a full disk', '2>/dev/full'] as const] : []),
  ] as const)('delivers its result with %s', async (_, redirect) => {
    const cwd = await temporaryDirectory();
    const path = await writeIn(cwd, 'plan.json', { agents, tasks: [{ id: 'a', prompt: 'sleep 0.2; echo yes' }] });
    const line = `${quoted(...SOAR, 'run', path, '--json')} ${redirect}`;
    const { status, stdout } = spawnSync('bash', ['-c', line], { cwd, encoding: 'utf8' });
    expect(JSON.parse(stdout)).toMatchObject({ status: 'succeeded', outcomes: [{ output: 'yes' }] });
    expect(status).toBe(0);
  });
});
