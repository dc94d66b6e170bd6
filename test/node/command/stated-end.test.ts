import { chmod, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createSoar } from '../../../src/create-soar.ts';
import { cliAgent } from '../../../src/node/tools/cli-agent.ts';
import type { CliTool } from '../../../src/plan/types.ts';
import type { PolicyInput } from '../../../src/policy/policy.ts';
import { expectGone, temporaryDirectory } from '../../support/processes.ts';

const LINES: Partial<Record<CliTool, string>> = {
  claude: '{"type":"result","subtype":"success","is_error":false,"result":"42","session_id":"s"}',
  codex:
    '{"type":"item.completed","item":{"type":"agent_message","text":"42"}}\n{"type":"turn.completed","usage":{"input_tokens":9}}',
  gemini:
    '{"type":"message","role":"assistant","content":"42"}\n{"type":"result","status":"success","stats":{"total_tokens":10}}',
  opencode: '{"type":"text","part":{"text":"42"}}\n{"type":"step_finish","part":{"reason":"stop"}}',
  'cursor-agent':
    '{"type":"assistant","message":{"content":[{"type":"text","text":"42"}]}}\n{"type":"result","subtype":"success","is_error":false,"result":"42"}',
};
const CLAUDE = LINES.claude ?? '';
const result = (fields: object) => JSON.stringify({ type: 'result', subtype: 'success', is_error: false, ...fields });

const POLICY = {
  retry: { retries: 1, baseDelayMs: 10 },
  termination: { lingerMs: 300 },
  clocks: { maxTimeoutMs: 20_000 },
} satisfies PolicyInput;

/** Runs one task with a stand-in that prints lines, then does what the script says. */
async function play(tool: CliTool, lines: string, script: string, policy: PolicyInput = POLICY) {
  const folder = await temporaryDirectory();
  await writeFile(join(folder, 'lines'), `${lines}\n`);
  await writeFile(join(folder, tool), `#!/bin/bash\necho $$ >> "${folder}/pids"\n${script}\n`);
  await chmod(join(folder, tool), 0o755);
  const env = { PATH: `${folder}${delimiter}${process.env.PATH}`, LINES: join(folder, 'lines') };
  const soar = createSoar({ agents: { tool: cliAgent({ tool, env }) }, killGraceMs: 300, staggerMs: 0 });
  const { outcomes, metadata } = await soar.run({ tasks: [{ id: 'a', prompt: 'work' }] }, { policy }).result;
  await soar.close();
  return { outcome: outcomes[0], breaker: metadata.breakers.tool, folder };
}

const SAYS = 'cat >/dev/null; cat "$LINES"; ';

describe('a tool that has stated its answer', () => {
  it.each(Object.entries(LINES))('is stopped when it does not exit: %s', async (tool, lines) => {
    const { outcome, breaker } = await play(tool as CliTool, lines, `${SAYS} exec sleep 60`);
    expect(outcome).toMatchObject({ status: 'succeeded', output: '42', error: null });
    expect(outcome?.attempts).toHaveLength(1);
    expect(breaker).toMatchObject({ failures: 0 });
  });

  it.each([
    ['ignores SIGTERM', `trap '' TERM; ${SAYS} while :; do sleep 0.2; done`],
    ['closes its output', `${SAYS} exec >&- 2>&-; exec sleep 60`],
    ['waits for its children', `${SAYS} sleep 60 & sleep 60 & wait`],
    ['leaves a child that holds its output', `${SAYS} sleep 60 & exit 0`],
    ['writes no line end and hangs', 'cat >/dev/null; printf %s "$(cat "$LINES")"; exec sleep 60'],
    ['exits with another code', `${SAYS} exit 1`],
    ['crashes', `${SAYS} kill -SEGV $$`],
    ['is killed', `${SAYS} kill -KILL $$`],
    ['writes plain lines for ever', `${SAYS} while :; do echo "still here" || exit; sleep 0.05; done`],
    [
      'complains on stderr for ever',
      `${SAYS} while :; do echo "Error: 401 Unauthorized" >&2 || exit; sleep 0.05; done`,
    ],
  ])('has given it, although it %s', async (_, script) => {
    const { outcome, folder } = await play('claude', CLAUDE, script);
    expect(outcome).toMatchObject({ status: 'succeeded', output: '42' });
    expect(outcome?.attempts).toHaveLength(1);
    const pids = await readFile(join(folder, 'pids'), 'utf8');
    await expectGone(pids.trim().split('\n').map(Number));
  });

  it('is not kept alive by heartbeats among its events', async () => {
    const beats = `while :; do echo '{"type":"system","subtype":"status"}' || exit; sleep 0.05; done`;
    const { outcome } = await play('claude', CLAUDE, `${SAYS} ${beats}`);
    expect(outcome).toMatchObject({ status: 'succeeded', output: '42' });
    expect(outcome?.durationMs).toBeLessThan(5 * POLICY.termination.lingerMs);
  });

  it('has given the last one of several', async () => {
    const lines = [result({ result: 'one' }), result({ is_error: true, result: 'two' }), result({ result: 'three' })];
    const { outcome } = await play('claude', lines.join('\n'), `${SAYS} exec sleep 60`);
    expect(outcome).toMatchObject({ status: 'succeeded', output: 'three' });
  });

  it('keeps it as it was stated, when it is stopped in the middle of more', async () => {
    const lines = `${LINES.gemini}\n{"type":"message","role":"assistant","content":" and half of"}`;
    const { outcome } = await play('gemini', lines, `${SAYS} exec sleep 60`);
    expect(outcome).toMatchObject({ status: 'succeeded', output: '42' });
  });

  it('keeps it when its longest time is over while it lingers', async () => {
    const policy = {
      ...POLICY,
      termination: { lingerMs: 60_000 },
      clocks: { mode: 'fixed', maxTimeoutMs: 1500 },
    } as const;
    const { outcome } = await play('claude', CLAUDE, `${SAYS} exec sleep 60`, policy);
    expect(outcome).toMatchObject({ status: 'succeeded', output: '42' });
  });
});

it('a tool that has stated its failure fails of that, although it does not exit', async () => {
  const lines = result({ is_error: true, result: 'API Error: 401 invalid api key' });
  const { outcome } = await play('claude', lines, `${SAYS} exec sleep 60`);
  expect(outcome).toMatchObject({ status: 'failed', error: { kind: 'auth' } });
  expect(outcome?.attempts).toHaveLength(1);
});

it('a tool that states no end and hangs is stopped by its clocks, as ever', async () => {
  const policy = { ...POLICY, retry: { retries: 0 }, clocks: { mode: 'fixed', maxTimeoutMs: 1000 } } as const;
  const { outcome } = await play(
    'codex',
    '{"type":"error","message":"Reconnecting... 1/5"}',
    `${SAYS} exec sleep 60`,
    policy,
  );
  expect(outcome).toMatchObject({ status: 'failed', error: { kind: 'timeout' } });
});
