import { chmod, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { agentFromSpec, agentsFromSpecs } from '../../../src/node/tools/agents-from-spec.ts';
import { type CliAgentOptions, cliAgent } from '../../../src/node/tools/cli-agent.ts';
import { CLI_TOOLS } from '../../../src/node/tools/cli-tools.ts';
import type { CliTool } from '../../../src/plan/types.ts';
import type { PreviousAttempt } from '../../../src/types/agent.ts';
import type { Usage } from '../../../src/types/usage.ts';
import { fakeControls, fakeRequest } from '../../support/fake-controls.ts';
import { temporaryDirectory } from '../../support/processes.ts';

/** A stand-in for a CLI that prints its arguments, then its input, one in a line. */
async function runStandIn(options: CliAgentOptions, prompt: string, previous?: PreviousAttempt): Promise<string[]> {
  const folder = await temporaryDirectory();
  const path = join(folder, options.tool);
  await writeFile(path, '#!/bin/sh\nfor a in "$@"; do echo "$a"; done\nprintf "stdin:"\ncat\n');
  await chmod(path, 0o755);
  const env = { PATH: `${folder}${delimiter}${process.env.PATH}` };
  const answer = await cliAgent({ ...options, env }).run(
    fakeRequest({ prompt, ...(previous ? { previous } : {}) }),
    fakeControls(),
  );
  return (answer as { output: string }).output.split('\n');
}

const CLAUDE = ['-p', '--output-format', 'stream-json', '--verbose', '--include-partial-messages'];
const AIDER = ['--yes-always', '--no-pretty', '--no-stream', '--no-check-update'];

describe('cliAgent', () => {
  it.each<[CliTool, string[]]>([
    ['claude', [...CLAUDE, '--model', 'm', '-x', 'stdin:- hi']],
    ['codex', ['exec', '--json', '--model', 'm', '-x', '-', 'stdin:- hi']],
    ['gemini', ['--output-format', 'stream-json', '--model', 'm', '-x', 'stdin:- hi']],
    ['opencode', ['run', '--format', 'json', '--model', 'm', '-x', 'stdin:- hi']],
    ['aider', [...AIDER, '--model', 'm', '-x', '--message=- hi', 'stdin:']],
    ['cursor-agent', ['-p', '--output-format', 'stream-json', '--model', 'm', '-x', '--', '- hi', 'stdin:']],
    ['ollama', ['run', '--verbose', '--hidethinking', '-x', 'm', 'stdin:- hi']],
  ])('gives %s its model, extra arguments and prompt', async (tool, expected) => {
    expect(await runStandIn({ tool, model: 'm', args: ['-x'] }, '- hi')).toEqual(expected);
  });

  it('leaves the model to the tool when none is chosen, except where one must be named', async () => {
    expect(await runStandIn({ tool: 'claude' }, 'hi')).toEqual([...CLAUDE, 'stdin:hi']);
    expect((await runStandIn({ tool: 'ollama' }, 'hi')).slice(-2)).toEqual(['llama3.2', 'stdin:hi']);
  });

  it('knows what every tool is, who provides it and how far apart it starts', () => {
    for (const tool of Object.keys(CLI_TOOLS) as CliTool[]) {
      const { provider, description, capabilities } = CLI_TOOLS[tool];
      expect(cliAgent(tool)).toMatchObject({
        kind: 'cli',
        staggerMs: 2000,
        killsItself: true,
        provider,
        description,
        capabilities,
      });
    }
    expect(cliAgent('claude').provider).toBe('anthropic');
  });

  it('lets options override the preset', () => {
    const agent = cliAgent({ tool: 'claude', provider: 'mine', staggerMs: 0, description: 'd', maxConcurrent: 1 });
    expect(agent).toMatchObject({ provider: 'mine', staggerMs: 0, description: 'd', maxConcurrent: 1 });
  });

  describe('with a session to continue with', () => {
    const previous: PreviousAttempt = {
      session: 'a1-b2',
      attempt: 1,
      error: { kind: 'connection', message: 'ECONNRESET', retryable: true },
    };

    it.each<[CliTool, string[]]>([
      ['claude', [...CLAUDE, '--resume', 'a1-b2', '-x']],
      ['codex', ['exec', '--json', '-x', 'resume', 'a1-b2', '-']],
      ['gemini', ['--output-format', 'stream-json', '--resume', 'a1-b2', '-x']],
      ['opencode', ['run', '--format', 'json', '--session', 'a1-b2', '-x']],
      ['cursor-agent', ['-p', '--output-format', 'stream-json', '--resume', 'a1-b2', '-x', '--']],
    ])('gives %s its session, and the task again', async (tool, expected) => {
      const lines = await runStandIn({ tool, args: ['-x'] }, 'do it', previous);
      expect(lines.slice(0, expected.length)).toEqual(expected);
      expect(lines.join('\n')).toMatch(/You have begun .* \(connection\)\.[\s\S]*This is the task:\n\ndo it/);
    });

    describe('whose tokens continue in it', () => {
      const turn = (thread: string, input: number, cached: number, output: number) =>
        [
          { type: 'thread.started', thread_id: thread },
          { type: 'item.completed', item: { type: 'agent_message', text: 'Done.' } },
          {
            type: 'turn.completed',
            usage: { input_tokens: input, cached_input_tokens: cached, output_tokens: output },
          },
        ]
          .map((event) => JSON.stringify(event))
          .join('\n');
      const used = async (said: string, before: PreviousAttempt | undefined) => {
        const folder = await temporaryDirectory();
        await writeFile(join(folder, 'codex'), '#!/bin/sh\ncat >/dev/null\necho "$SAID"\n');
        await chmod(join(folder, 'codex'), 0o755);
        const env = { PATH: `${folder}${delimiter}${process.env.PATH}`, SAID: said };
        const request = fakeRequest({ prompt: 'hi', ...(before ? { previous: before } : {}) });
        return (await cliAgent({ tool: 'codex', env }).run(request, fakeControls())) as { usage?: Usage };
      };
      const before = {
        inputTokens: 18_000,
        cachedInputTokens: 8000,
        outputTokens: 100,
        totalTokens: 18_100,
        costUsd: 1,
      };

      it('has used what it used itself', async () => {
        const { usage } = await used(turn('a1-b2', 36_000, 24_000, 150), { ...previous, usage: before });
        expect(usage).toEqual({
          inputTokens: 18_000,
          cachedInputTokens: 16_000,
          outputTokens: 50,
          totalTokens: 18_050,
        });
      });

      it.each<[string, string, PreviousAttempt | undefined]>([
        ['it begins a session', 'a1-b2', undefined],
        ['nothing knows what was used before', 'a1-b2', previous],
        ['the tool began another one after all', 'c3-d4', { ...previous, usage: before }],
      ])('has used all of it when %s', async (_, thread, known) => {
        expect((await used(turn(thread, 36_000, 24_000, 150), known)).usage).toMatchObject({ inputTokens: 36_000 });
      });

      it('has used all of it when the tool has begun to count anew', async () => {
        const { usage } = await used(turn('a1-b2', 17_000, 9000, 150), { ...previous, usage: before });
        expect(usage).toMatchObject({ inputTokens: 17_000, totalTokens: 17_150 });
      });
    });

    it.each<CliTool>(['aider', 'ollama'])('begins %s anew, which has none', async (tool) => {
      const lines = (await runStandIn({ tool }, 'do it', previous)).join('\n');
      expect(lines).toContain('do it');
      expect(lines).not.toContain('a1-b2');
    });

    it('begins anew on request', async () => {
      expect(await runStandIn({ tool: 'claude', session: false }, 'hi', previous)).toEqual([...CLAUDE, 'stdin:hi']);
    });

    it.each(['--dangerously-skip-permissions', '-x', 'a b', '', '«masked»', 'a\nb'])(
      'takes no id that could be something else: %j',
      async (session) => {
        const lines = await runStandIn({ tool: 'claude' }, 'hi', { ...previous, session });
        expect(lines).toEqual([...CLAUDE, 'stdin:hi']);
      },
    );

    it.each<[CliTool, string]>([
      ['claude', 'No conversation found with session ID: a1-b2'],
      ['codex', 'Error: No saved session found with ID a1-b2. Run `codex exec resume` without an ID'],
      ['codex', 'Error: no rollout found for thread id a1-b2'],
      ['codex', 'Error: thread/resume failed: no thread with id: a1-b2'],
      ['gemini', 'Error resuming session: Invalid session identifier "a1-b2".'],
      ['gemini', 'Error resuming session: No previous sessions found for this project.'],
      ['opencode', 'Error: Session not found'],
    ])('begins %s anew in the same attempt when it says "%s"', async (tool, message) => {
      const folder = await temporaryDirectory();
      const script =
        'for a in "$@"; do case "$a" in --resume|--session|resume) cat >/dev/null; echo "$LOST" >&2; exit 1;; esac; done\nprintf "fresh:"\ncat\n';
      await writeFile(join(folder, tool), `#!/bin/sh\n${script}`);
      await chmod(join(folder, tool), 0o755);
      const env = { PATH: `${folder}${delimiter}${process.env.PATH}`, LOST: message };
      const agent = cliAgent({ tool, env });
      const answer = await agent.run(fakeRequest({ prompt: 'hi', previous }), fakeControls());
      expect(answer).toMatchObject({ output: 'fresh:hi' });
    });
  });

  it("leaves the reading to a `parse` of one's own", async () => {
    const parse = ({ stdout }: { stdout: string }) => ({ output: stdout.toUpperCase().trimEnd() });
    expect(await runStandIn({ tool: 'codex', parse }, 'hi')).toEqual(['EXEC', '--JSON', '-', 'STDIN:HI']);
  });

  it('refuses a tool without a preset and names those there are', () => {
    expect(() => cliAgent('toString' as CliTool)).toThrow(/No preset for the tool `toString`.*claude, codex/);
  });
});

describe('agentFromSpec', () => {
  it('makes commands and CLIs', () => {
    const agents = agentsFromSpecs({
      sh: { kind: 'command', command: ['sh'] },
      claude: { kind: 'cli', tool: 'claude' },
    });
    expect(agents).toMatchObject({ sh: { kind: 'command' }, claude: { kind: 'cli' } });
  });

  it('names the agent whose description is bad', () => {
    expect(() => agentFromSpec('sh', { kind: 'command', command: [] })).toThrow(
      expect.objectContaining({ code: 'invalid-options', message: expect.stringContaining('Agent `sh`') }),
    );
  });
});
