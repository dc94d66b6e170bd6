import { chmod, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cliAgent } from '../../../src/node/tools/cli-agent.ts';
import { CLI_TOOLS } from '../../../src/node/tools/cli-tools.ts';
import type { CliTool } from '../../../src/plan/types.ts';
import { fakeControls, fakeRequest } from '../../support/fake-controls.ts';
import { pathWithFakes } from '../../support/fake-tools.ts';
import { temporaryDirectory } from '../../support/processes.ts';

const TOOLS = Object.keys(CLI_TOOLS) as CliTool[];

/** What a stand-in's agent answers or fails with, and the session it named. */
async function play(tool: CliTool, story: string, previous?: string) {
  const controls = fakeControls();
  const env = { PATH: pathWithFakes(), FAKE: story };
  const request = fakeRequest({
    prompt: 'work',
    ...(previous === undefined ? {} : { previous: { session: previous, attempt: 1, error: null } }),
  });
  const end = await Promise.resolve(cliAgent({ tool, env }).run(request, controls)).then(
    (answer) => answer,
    (error: unknown) => error,
  );
  return { end, session: controls.sessions.at(-1) ?? null, streamed: controls.text.stdout };
}

it.each([
  ['connection', [], 'ERROR failed to connect to the server'],
  ['auth', ['auth'], 'Error: HTTP 401 Unauthorized'],
])(
  'of a tool with events, %s on stderr raises the suspicions %j: some it mends by itself',
  async (kind, suspected, line) => {
    const folder = await temporaryDirectory();
    await writeFile(join(folder, 'codex'), `#!/bin/sh\ncat >/dev/null\necho '${line}' >&2\nexit 1\n`);
    await chmod(join(folder, 'codex'), 0o755);
    const controls = fakeControls();
    const env = { PATH: `${folder}${delimiter}${process.env.PATH}` };
    await expect(cliAgent({ tool: 'codex', env }).run(fakeRequest(), controls)).rejects.toMatchObject({ kind });
    expect(controls.suspicions.map((one) => one.kind)).toEqual(suspected);
  },
);

describe.each(TOOLS)('a stand-in of %s', (tool) => {
  const { hasSession } = CLI_TOOLS[tool];

  it('answers, reports its tokens and, where it has one, its session', async () => {
    const { end, session, streamed } = await play(tool, 'ok');
    expect(end).toMatchObject({
      output: `${tool} did task.`,
      usage: { inputTokens: 1000, outputTokens: 50, totalTokens: 1050 },
    });
    expect(session === null).toBe(!hasSession);
    expect(streamed).toContain(`${tool} did task.`);
  });

  it('hits a limit, which is distinguished from a failure', async () => {
    expect((await play(tool, 'rate-limit')).end).toMatchObject({ kind: 'rate_limited' });
  });

  it('has no valid key, which is distinguished from a failure that may pass', async () => {
    expect((await play(tool, 'unauthorized')).end).toMatchObject({ kind: 'auth', retryable: false });
  });

  it('dies, and what it had named is known', async () => {
    const { end, session } = await play(tool, 'crash');
    expect(end).toMatchObject({ kind: 'exit' });
    expect(session === null).toBe(!hasSession);
  });

  it.runIf(hasSession)('leaves its session behind when it is asked to stop', async () => {
    const controls = fakeControls();
    const env = { PATH: pathWithFakes(), FAKE: 'hang' };
    const run = cliAgent({ tool, env }).run(fakeRequest({ prompt: 'work' }), {
      ...controls,
      progress: () => controls.abort(new Error('enough')),
    });
    await expect(run).rejects.toMatchObject({ kind: 'cancelled', message: 'enough' });
    expect(controls.sessions).toHaveLength(1);
  });

  it.runIf(hasSession)('continues where it had stopped', async () => {
    const { end, session } = await play(tool, 'ok', 'before-1');
    expect(end).toMatchObject({ output: `${tool} did task, going on where it had stopped.` });
    expect(session).toBe('before-1');
  });

  it.runIf(hasSession)('is understood with an event in the middle of its answer', async () => {
    expect((await play(tool, 'mid-line')).end).toMatchObject({ output: `${tool} did task.` });
  });
});
