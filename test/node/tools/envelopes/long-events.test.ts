import { chmod, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { expect, it } from 'vitest';
import { cliAgent } from '../../../../src/node/tools/cli-agent.ts';
import type { CliTool } from '../../../../src/plan/types.ts';
import { fakeControls, fakeRequest } from '../../../support/fake-controls.ts';
import { temporaryDirectory } from '../../../support/processes.ts';

const MB = 1024 * 1024;

/** What the agent of a tool makes of a stand-in in JavaScript, which has `say(event)`. */
async function play(tool: CliTool, script: string, maxOutputBytes?: number) {
  const folder = await temporaryDirectory();
  const say = "const say = (event) => process.stdout.write(JSON.stringify(event) + '\\n'); process.stdin.resume();";
  await writeFile(join(folder, `${tool}.cjs`), `${say}\n${script}`);
  await writeFile(join(folder, tool), `#!/bin/sh\nexec "${process.execPath}" "$0.cjs"\n`);
  await chmod(join(folder, tool), 0o755);
  const env = { PATH: `${folder}${delimiter}${process.env.PATH}` };
  const agent = cliAgent({ tool, env, ...(maxOutputBytes === undefined ? {} : { maxOutputBytes }) });
  const controls = fakeControls({ keepText: false });
  return Promise.resolve(agent.run(fakeRequest(), controls)).catch((error: unknown) => error);
}

const RESULT = "{ type: 'result', subtype: 'success', is_error: false, session_id: 's', usage: { output_tokens: 5 }";

it('an answer in one event of 30 MB is read, and cut like any other', async () => {
  const answer = await play('claude', `say(${RESULT}, result: 'begin ' + 'x"'.repeat(15e6) + ' end' })`);
  expect(answer).toMatchObject({ truncated: true, usage: { outputTokens: 5 } });
  const { output } = answer as { output: string };
  expect(output.startsWith('begin x"x"')).toBe(true);
  expect(output.endsWith('x"x" end')).toBe(true);
  expect(output).toMatch(/\n\[… \d{8} bytes cut …\]\n/);
  expect(output.length).toBeLessThan(MB + 1);
});

it('an answer in one event of 30 MB is read whole when as much may be kept', async () => {
  const answer = await play('claude', `say(${RESULT}, result: 'x'.repeat(30e6) })`, 32 * MB);
  expect(answer).toMatchObject({ truncated: false });
  expect((answer as { output: string }).output).toHaveLength(30e6);
});

it.each<[CliTool, string]>([
  [
    'claude',
    `say({ type: 'user', message: { content: [{ type: 'tool_result', content: 'x'.repeat(30e6) }] } }); say(${RESULT}, result: '42' })`,
  ],
  [
    'gemini',
    "say({ type: 'tool_result', output: Array(8e6).fill('ab') }); say({ type: 'message', role: 'assistant', content: '42' }); say({ type: 'result', status: 'success', stats: { total_tokens: 9 } })",
  ],
  [
    'opencode',
    "say({ type: 'tool_use', part: { tool: 'bash', state: { output: 'x'.repeat(30e6) } } }); say({ type: 'text', part: { text: '42' } }); say({ type: 'step_finish', part: { reason: 'stop', tokens: { output: 1 } } })",
  ],
])('an event of 30 MB in the middle does no harm: %s', async (tool, script) => {
  expect(await play(tool, script)).toMatchObject({ output: '42', truncated: false });
});

it('an end that is too long in whatever way fails for good, and names the limit', async () => {
  const failure = await play('claude', `say(${RESULT}, result: '42', more: Array(8e6).fill('ab') })`);
  expect(failure).toMatchObject({ kind: 'output_limit', retryable: false });
  expect((failure as Error).message).toMatch(/longer than 16777216 characters.*raise `maxOutputBytes`.*now 1048576/);
});

it('data that would have to be cut fails for good, and names the limit', async () => {
  const failure = await play('claude', `say(${RESULT}, result: '42', structured_output: { a: ['x'.repeat(30e6)] } })`);
  expect(failure).toMatchObject({ kind: 'output_limit', message: expect.stringContaining('maxOutputBytes') });
});

it('10 MB on stderr do no harm', async () => {
  const noise = `for (let i = 0; i < 10; i++) process.stderr.write(('limit ' + 'x'.repeat(50) + '\\n').repeat(18000));`;
  expect(await play('claude', `${noise} say(${RESULT}, result: '42' })`)).toMatchObject({ output: '42' });
});
