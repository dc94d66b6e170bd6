import { access, chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AgentError } from '../../../src/errors/agent-error.ts';
import { SoarError } from '../../../src/errors/soar-error.ts';
import { commandAgent } from '../../../src/node/command/command-agent.ts';
import type { CommandAgentOptions } from '../../../src/node/command/command-options.ts';
import type { AgentRequest } from '../../../src/types/agent.ts';
import { type FakeControls, fakeControls, fakeRequest } from '../../support/fake-controls.ts';
import { temporaryDirectory } from '../../support/processes.ts';

interface Answer {
  output: string;
  truncated?: boolean;
  data?: unknown;
}

async function run(
  options: CommandAgentOptions,
  request: Partial<AgentRequest> = {},
  controls: FakeControls = fakeControls(),
): Promise<Answer> {
  return (await commandAgent(options).run(fakeRequest(request), controls)) as Answer;
}

async function failure(...args: Parameters<typeof run>): Promise<AgentError> {
  const error = await run(...args).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!AgentError.isInstance(error)) throw new Error('Expected an AgentError', { cause: error });
  return error;
}

const sh = (script: string, rest: Partial<CommandAgentOptions> = {}): CommandAgentOptions => ({
  command: ['sh', '-c', script],
  ...rest,
});

const node = (script: string, rest: Partial<CommandAgentOptions> = {}): CommandAgentOptions => ({
  command: [process.execPath, '-e', script],
  ...rest,
});

describe('the prompt', () => {
  it('goes to stdin by default and ends there', async () => {
    expect(await run({ command: ['cat'] }, { prompt: 'hello' })).toEqual({ output: 'hello', truncated: false });
  });

  it('replaces {{prompt}} inside arguments', async () => {
    const answer = await run({ command: ['echo', 'a {{prompt}} c {{prompt}}'], prompt: 'argument' }, { prompt: 'b' });
    expect(answer.output).toBe('a b c b');
  });

  it('replaces {{prompt}} also when the mode is left out', async () => {
    expect((await run({ command: ['echo', '{{prompt}}'] }, { prompt: 'b' })).output).toBe('b');
  });

  it('is appended as the last argument when no argument mentions it', async () => {
    expect((await run({ command: ['echo', 'a'], prompt: 'argument' }, { prompt: 'b' })).output).toBe('a b');
  });

  it('never passes through a shell', async () => {
    const cwd = await temporaryDirectory();
    const prompt = '$(touch x) `touch x`; touch x $& $1 "\'';
    expect((await run({ command: ['echo', '{{prompt}}'] }, { prompt, cwd })).output).toBe(prompt);
    await expect(access(join(cwd, 'x'))).rejects.toThrow();
  });

  it('runs in a shell when the command is one', async () => {
    const options: CommandAgentOptions = { command: ['bash', '-c', '{{prompt}}'], prompt: 'argument' };
    expect((await run(options, { prompt: 'echo $((1 + 2))' })).output).toBe('3');
  });

  it('is not given at all in mode none, where stdin is empty', async () => {
    const options = sh('printf "%s:" "$1"; cat', { prompt: 'none' });
    expect((await run(options, { prompt: 'secret' })).output).toBe(':');
    expect((await run({ command: ['echo', '{{prompt}}'], prompt: 'none' }, { prompt: 'x' })).output).toBe('{{prompt}}');
  });

  it('is the own text alone where it is code, and the context goes to stdin', async () => {
    const options: CommandAgentOptions = { command: ['bash', '-c', '{{prompt}}'], prompt: 'argument' };
    const question = 'echo "mine"; cat';
    const prompt = `${question}\n\nPrevious context (1/1 dependencies):\n✓ [a]: $(echo run me)`;
    const { output } = await run(options, { question, prompt });
    expect(output).toBe('mine\nPrevious context (1/1 dependencies):\n✓ [a]: $(echo run me)');
  });

  it('is whole where it is not code', async () => {
    const options: CommandAgentOptions = { command: ['echo', '-c', '{{prompt}}'], prompt: 'argument' };
    expect((await run(options, { question: 'a', prompt: 'a and more' })).output).toBe('-c a and more');
  });

  it('does not reach stdin in mode argument', async () => {
    expect((await run(sh('cat; echo "$0"', { prompt: 'argument' }), { prompt: 'p' })).output).toBe('p');
  });

  it('may be 5 MB long on stdin', async () => {
    const answer = await run({ command: ['wc', '-c'] }, { prompt: 'x'.repeat(5_000_000) });
    expect(answer.output.trim()).toBe('5000000');
  });

  it('reaches a tool that writes a lot before it reads', async () => {
    const options = sh('head -c 3000000 /dev/zero | tr "\\0" a; wc -c', { maxOutputBytes: 4_000_000 });
    const answer = await run(options, { prompt: 'x'.repeat(5_000_000) });
    expect(answer.output.trimEnd()).toMatch(/^a{3000000}\s*5000000$/);
  });

  it('may be left unread: forty tools that ignore their stdin all succeed', async () => {
    const prompt = 'x'.repeat(200_000);
    const command = (n: number) => (n % 2 ? ['true'] : ['echo', 'done']);
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) => run({ command: command(n), prompt: 'stdin' }, { prompt })),
    );
    expect(answers.map(({ output }) => output)).toEqual(Array.from({ length: 40 }, (_, n) => (n % 2 ? '' : 'done')));
  });

  it('fails as invalid_request when it is too long for an argument, and stdin is suggested', async () => {
    const error = await failure({ command: ['echo'], prompt: 'argument' }, { prompt: 'x'.repeat(3_000_000) });
    expect(error.kind).toBe('invalid_request');
    expect(error.message).toContain("prompt: 'stdin'");
  });

  it('fails as invalid_request when it holds a NUL and is an argument', async () => {
    expect((await failure({ command: ['echo'], prompt: 'argument' }, { prompt: 'a\0b' })).kind).toBe('invalid_request');
  });
});

describe('environment and working directory', () => {
  it("adds the agent's, then the task's environment, then the attempt's identity", async () => {
    const script =
      'echo "$A $B $SOAR_RUN_ID $SOAR_TASK_ID $SOAR_ATTEMPT $SOAR_ATTEMPT_KEY $(test -n "$PATH" && echo path)"';
    const answer = await run(sh(script, { env: { A: 'agent', B: 'agent' } }), {
      env: { B: 'task' },
      runId: 'r',
      taskId: 't',
      attempt: 3,
      key: 'r/t/3',
    });
    expect(answer.output).toBe('agent task r t 3 r/t/3 path');
  });

  it("prefers the task's directory to the agent's", async () => {
    const cwd = await temporaryDirectory();
    expect((await run({ command: ['pwd', '-P'], cwd: '/' }, { cwd })).output).toContain(cwd);
    expect((await run({ command: ['pwd', '-P'], cwd })).output).toContain(cwd);
    expect((await run({ command: ['pwd', '-P'] })).output).toBe(process.cwd());
  });

  it('fails as spawn, without a retry, when the directory does not exist', async () => {
    const error = await failure({ command: ['true'], cwd: '/does/not/exist' });
    expect(error).toMatchObject({ kind: 'spawn', retryable: false });
    expect(error.message).toBe('The working directory `/does/not/exist` does not exist');
  });
});

describe('starting', () => {
  it('fails as spawn, without a retry, when the program is missing', async () => {
    const error = await failure({ command: ['no-such-program-here'] });
    expect(error).toMatchObject({ kind: 'spawn', retryable: false });
    expect(error.message).toContain('Command `no-such-program-here` was not found on PATH');
  });

  // Root may enter every folder, so the system then says only that the program is missing.
  it('reports a missing program as missing when a folder on PATH may not be entered', async () => {
    const closed = await temporaryDirectory();
    await chmod(closed, 0o000);
    const error = await failure({ command: ['no-such-program-here'], env: { PATH: `${closed}:/usr/bin` } });
    expect(error.message).toMatch(/^Command `no-such-program-here` was not found on PATH/);
    if (process.getuid?.() !== 0) expect(error.message).toContain(`its folder ${closed} cannot be entered`);
  });

  it('names the file on PATH that is not executable', async () => {
    const folder = await temporaryDirectory();
    await writeFile(join(folder, 'half-installed'), '#!/bin/sh\n');
    const error = await failure({ command: ['half-installed'], env: { PATH: folder } });
    expect(error).toMatchObject({ kind: 'spawn', retryable: false });
    expect(error.message).toContain(`check the permissions of ${join(folder, 'half-installed')}`);
  });

  it('fails as spawn, without a retry, when the file is not executable', async () => {
    const cwd = await temporaryDirectory();
    await writeFile(join(cwd, 'tool'), '#!/bin/sh\n');
    const error = await failure({ command: ['./tool'], cwd });
    expect(error).toMatchObject({ kind: 'spawn', retryable: false });
    expect(error.message).toContain('not executable');
  });

  it('names a missing interpreter', async () => {
    const cwd = await temporaryDirectory();
    await writeFile(join(cwd, 'tool'), '#!/no/such/interpreter\n');
    await chmod(join(cwd, 'tool'), 0o755);
    expect((await failure({ command: ['./tool'], cwd })).message).toContain('interpreter');
  });

  it('does not start when it was asked to stop before', async () => {
    const cwd = await temporaryDirectory();
    const controls = fakeControls();
    controls.abort('too late');
    expect(await failure(sh('touch x'), { cwd }, controls)).toMatchObject({ kind: 'cancelled', message: 'too late' });
    await expect(access(join(cwd, 'x'))).rejects.toThrow();
  });

  it.each([
    [{ command: [] }],
    [{ command: [''] }],
    [{ command: ['a'], maxOutputBytes: 0 }],
    [{ command: ['a'], maxOutputBytes: 1.5 }],
  ])('refuses bad options at the call: %j', (options) => {
    expect(() => commandAgent(options)).toThrow(SoarError);
  });
});

describe('output', () => {
  it('loses its last newline only', async () => {
    expect((await run(sh('printf "a\\n\\n"'))).output).toBe('a\n');
    expect((await run(sh('printf "a"'))).output).toBe('a');
    expect((await run(sh('printf "a\\r\\n"'))).output).toBe('a');
  });

  it('reaches the controls as it is written, by stream', async () => {
    const controls = fakeControls();
    await run(sh('echo out; echo err >&2'), {}, controls);
    expect(controls.text).toEqual({ stdout: 'out\n', stderr: 'err\n' });
  });

  it('is heard while the process still runs', async () => {
    const controls = fakeControls();
    const answer = run(
      sh('echo first; read line; echo "$line"', { prompt: 'stdin' }),
      { prompt: 'second\n' },
      controls,
    );
    await controls.heard('first');
    expect((await answer).output).toBe('first\nsecond');
  });

  it('keeps characters that are split across chunks', async () => {
    const controls = fakeControls();
    const script = `
      const bytes = Buffer.from('a€😀z');
      let i = 0;
      const next = () => i < bytes.length && process.stdout.write(bytes.subarray(i, ++i), () => setTimeout(next, 2));
      next();`;
    const answer = await run(node(script), {}, controls);
    expect(answer.output).toBe('a€😀z');
    expect(controls.text.stdout).toBe('a€😀z');
    expect(controls.heartbeats).toBeGreaterThan(0);
  });

  it('is cut in the middle, marked, beyond its limit', async () => {
    const answer = await run(sh('printf "%s" "0123456789"', { maxOutputBytes: 4 }));
    expect(answer).toEqual({ output: '01\n[… 6 bytes cut …]\n89', truncated: true });
  });

  it('of 300 MB is drained in bounded memory', async () => {
    const before = process.memoryUsage().rss;
    const options = sh('head -c 150000000 /dev/zero; head -c 150000000 /dev/zero >&2; echo end');
    const answer = await run(options, {}, fakeControls({ keepText: false }));
    expect(answer.truncated).toBe(true);
    expect(answer.output.length).toBeLessThan(1024 * 1024 + 100);
    expect(answer.output.endsWith('end')).toBe(true);
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
  });

  it('is all there although the process exits right after writing it', async () => {
    const outputs = await Promise.all(Array.from({ length: 20 }, () => run({ command: ['seq', '1', '5000'] })));
    expect(new Set(outputs.map(({ output }) => output.split('\n').length))).toEqual(new Set([5000]));
  });

  it('is what parse makes of it', async () => {
    const parse: CommandAgentOptions['parse'] = ({ stdout, exitCode }) => ({
      output: stdout.toUpperCase(),
      data: exitCode,
    });
    expect(await run(sh('printf a', { parse }))).toEqual({ output: 'A', data: 0, truncated: false });
  });

  it('can be judged a failure by parse, whatever the exit code', async () => {
    const parse = () => {
      throw new AgentError('rate_limited', 'from the envelope');
    };
    for (const code of [0, 1]) {
      expect(await failure(sh(`exit ${code}`, { parse }))).toMatchObject({ kind: 'rate_limited' });
    }
  });

  it('is judged by stderr when parse can make nothing of a failed process', async () => {
    const parse = ({ stdout }: { stdout: string }) => JSON.parse(stdout) as string;
    expect(await failure(sh('echo broken >&2; exit 2', { parse }))).toMatchObject({
      kind: 'exit',
      message: 'exited with code 2: broken',
    });
  });
});

describe('failing', () => {
  it('says the exit code and the last words, and keeps the output', async () => {
    const error = await failure(sh('echo partial; echo "first" >&2; echo "it broke" >&2; exit 3'));
    expect(error).toMatchObject({ kind: 'exit', retryable: true, output: 'partial' });
    expect(error.message).toBe('exited with code 3: first\nit broke');
  });

  it('says the exit code alone when the process said nothing', async () => {
    expect((await failure({ command: ['false'] })).message).toBe('exited with code 1');
  });

  it('keeps the end of a long complaint, without colours', async () => {
    const error = await failure(sh('seq 1 9999 >&2; printf "\\033[31mred\\033[0m\\n" >&2; exit 1'));
    expect(error.message.length).toBeLessThan(1100);
    expect(error.message).toMatch(/^exited with code 1: …\d+\n[\d\n]*9999\nred$/);
  });

  it('names the signal that killed the process', async () => {
    const error = await failure(sh('echo partial; kill -SEGV $$'));
    expect(error).toMatchObject({ kind: 'exit', message: 'was killed by SIGSEGV', output: 'partial' });
  });

  it('takes the kind from stderr', async () => {
    const error = await failure(sh('echo "Error: 429 Too Many Requests, retry after 7 seconds" >&2; exit 1'));
    expect(error).toMatchObject({ kind: 'rate_limited', retryAfterMs: 7000 });
    expect((await failure(sh('echo "Error: 401 Unauthorized: invalid api key" >&2; exit 1'))).kind).toBe('auth');
  });

  it('takes the kind from stdout when stderr is empty', async () => {
    const error = await failure(sh('echo "Error: 429 Too Many Requests"; exit 1'));
    expect(error.kind).toBe('rate_limited');
    expect(error.message).toContain('429');
  });
});

describe('suspicions', () => {
  it('are raised by an error line on stderr while the process runs, and do not end it', async () => {
    const controls = fakeControls();
    const answer = await run(sh('echo "Error: 429 Too Many Requests" >&2; echo fine'), {}, controls);
    expect(answer.output).toBe('fine');
    expect(controls.suspicions).toMatchObject([{ kind: 'rate_limited' }]);
  });

  it('are not raised by a healthy tool that writes about errors', async () => {
    const controls = fakeControls();
    const script =
      'for l in "implementing rate limiter" "forbidden headers" "wrote 429 lines" "API error handler registered"; do echo "$l" >&2; done; echo ok';
    expect((await run(sh(script), {}, controls)).output).toBe('ok');
    expect(controls.suspicions).toEqual([]);
  });

  it('are not raised by stdout', async () => {
    const controls = fakeControls();
    await run(sh('echo "Error: 429 Too Many Requests"'), {}, controls);
    expect(controls.suspicions).toEqual([]);
  });
});

it('passes its description on and kills what it starts itself', () => {
  const agent = commandAgent({
    command: ['x'],
    description: 'd',
    capabilities: ['c'],
    provider: 'p',
    maxConcurrent: 2,
  });
  expect(agent).toMatchObject({
    kind: 'command',
    killsItself: true,
    description: 'd',
    provider: 'p',
    maxConcurrent: 2,
  });
});
