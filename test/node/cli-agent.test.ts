import { chmod, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { agentFromSpec, agentsFromSpecs } from '../../src/node/agents-from-spec.ts';
import { type CliAgentOptions, cliAgent } from '../../src/node/cli-agent.ts';
import { CLI_TOOLS } from '../../src/node/cli-tools.ts';
import type { CliTool } from '../../src/plan/types.ts';
import { fakeControls, fakeRequest } from '../support/fake-controls.ts';
import { temporaryDirectory } from '../support/processes.ts';

/** A stand-in for a CLI that prints its arguments, then its input, one in a line. */
async function runStandIn(options: CliAgentOptions, prompt: string): Promise<string[]> {
  const folder = await temporaryDirectory();
  const path = join(folder, options.tool);
  await writeFile(path, '#!/bin/sh\nfor a in "$@"; do echo "$a"; done\nprintf "stdin:"\ncat\n');
  await chmod(path, 0o755);
  const env = { PATH: `${folder}${delimiter}${process.env.PATH}` };
  const answer = await cliAgent({ ...options, env }).run(fakeRequest({ prompt }), fakeControls());
  return (answer as { output: string }).output.split('\n');
}

describe('cliAgent', () => {
  it.each<[CliTool, string[]]>([
    ['claude', ['-p', '--model', 'm', '-x', 'stdin:- hi']],
    ['codex', ['exec', '--model', 'm', '-x', '-', 'stdin:- hi']],
    ['gemini', ['--model', 'm', '-x', 'stdin:- hi']],
    ['opencode', ['run', '--model', 'm', '-x', 'stdin:- hi']],
    ['aider', ['--yes-always', '--no-pretty', '--no-stream', '--model', 'm', '-x', '--message=- hi', 'stdin:']],
    ['cursor-agent', ['-p', '--output-format', 'text', '--model', 'm', '-x', '--', '- hi', 'stdin:']],
    ['ollama', ['run', '-x', 'm', 'stdin:- hi']],
  ])('gives %s its model, extra arguments and prompt', async (tool, expected) => {
    expect(await runStandIn({ tool, model: 'm', args: ['-x'] }, '- hi')).toEqual(expected);
  });

  it('leaves the model to the tool when none is chosen, except where one must be named', async () => {
    expect(await runStandIn({ tool: 'claude' }, 'hi')).toEqual(['-p', 'stdin:hi']);
    expect(await runStandIn({ tool: 'ollama' }, 'hi')).toEqual(['run', 'llama3.2', 'stdin:hi']);
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

  it('says what to do instead of a model', () => {
    const spec = { kind: 'model', baseURL: 'http://127.0.0.1/v1', model: 'm' } as const;
    expect(() => agentFromSpec('llm', spec)).toThrow(
      expect.objectContaining({ code: 'not-supported', message: expect.stringContaining('Agent `llm`') }),
    );
  });

  it('names the agent whose description is bad', () => {
    expect(() => agentFromSpec('sh', { kind: 'command', command: [] })).toThrow(
      expect.objectContaining({ code: 'invalid-options', message: expect.stringContaining('Agent `sh`') }),
    );
  });
});
