import type { CliTool } from '../../plan/types.ts';
import type { CommandAgentOptions } from '../command/command-options.ts';
import { parseAider } from './envelopes/aider.ts';
import { claudeFormat } from './envelopes/claude.ts';
import { codexFormat } from './envelopes/codex.ts';
import { cursorFormat } from './envelopes/cursor-agent.ts';
import { geminiFormat } from './envelopes/gemini.ts';
import { parseOllama } from './envelopes/ollama.ts';
import { opencodeFormat } from './envelopes/opencode.ts';
import type { ToolFormat } from './envelopes/tool-event.ts';

/** Parts of a tool's command. */
export interface CliToolParts {
  /** Arguments that choose the model. */
  model: readonly string[];
  /** The user's own. */
  extra: readonly string[];
  /** The session to continue with; only for tools that have one. */
  session?: string;
}

/** How one coding CLI is run without a terminal. */
export interface CliToolPreset {
  /** Shares start gap and cooling with every other agent of this provider. */
  provider: string;
  /** The whole command. */
  argv(parts: CliToolParts): [string, ...string[]];
  prompt: 'stdin' | 'argument';
  /** How it says what it does: its events, or what is made of its text. */
  output: { format: ToolFormat } | { parse: NonNullable<CommandAgentOptions['parse']> };
  /** Whether it can continue with a session by its id. */
  hasSession: boolean;
  /** Arguments that choose a model. */
  model(name: string): readonly string[];
  /** Used when none is chosen; most tools have their own. */
  defaultModel?: string;
  description: string;
  capabilities: readonly string[];
  /** How to get it. */
  install: string;
}

const CODING = ['code', 'files', 'shell', 'review', 'refactoring', 'tests'] as const;
const modelFlag = (name: string) => ['--model', name];

const resume = (flag: string, session: string | undefined) => (session === undefined ? [] : [flag, session]);

/**
 * Presets of the coding CLIs `cliAgent` knows. Each reads its own login and settings; none is given more rights. What each is
 * called by, and why, is reported with its format in `envelopes/`.
 */
export const CLI_TOOLS: Readonly<Record<CliTool, CliToolPreset>> = Object.freeze({
  claude: {
    provider: 'anthropic',
    argv: ({ model, extra, session }) => [
      'claude',
      '-p',
      '--output-format',
      'stream-json',
      '--verbose',
      '--include-partial-messages',
      ...resume('--resume', session),
      ...model,
      ...extra,
    ],
    prompt: 'stdin',
    output: { format: claudeFormat },
    hasSession: true,
    model: modelFlag,
    description: 'Claude Code: reads, writes and runs code in the working directory.',
    capabilities: CODING,
    install: 'Install it with `npm install -g @anthropic-ai/claude-code`, then run `claude` once to log in',
  },
  codex: {
    provider: 'openai',
    // Most options belong to `exec` alone, so that `resume` comes after them.
    argv: ({ model, extra, session }) => [
      'codex',
      'exec',
      '--json',
      ...model,
      ...extra,
      ...resume('resume', session),
      '-',
    ],
    prompt: 'stdin',
    output: { format: codexFormat },
    hasSession: true,
    model: modelFlag,
    description: 'OpenAI Codex: reads, writes and runs code in the working directory.',
    capabilities: CODING,
    install: 'Install it with `npm install -g @openai/codex`, then run `codex login`',
  },
  gemini: {
    provider: 'google',
    // Headless because stdin is not a terminal; its -p wants the prompt as an argument.
    argv: ({ model, extra, session }) => [
      'gemini',
      '--output-format',
      'stream-json',
      ...resume('--resume', session),
      ...model,
      ...extra,
    ],
    prompt: 'stdin',
    output: { format: geminiFormat },
    hasSession: true,
    model: modelFlag,
    description: 'Gemini CLI: reads, writes and runs code in the working directory.',
    capabilities: CODING,
    install: 'Install it with `npm install -g @google/gemini-cli`, then run `gemini` once to log in',
  },
  opencode: {
    provider: 'opencode',
    argv: ({ model, extra, session }) => [
      'opencode',
      'run',
      '--format',
      'json',
      ...resume('--session', session),
      ...model,
      ...extra,
    ],
    prompt: 'stdin',
    output: { format: opencodeFormat },
    hasSession: true,
    model: modelFlag,
    description: 'opencode: reads, writes and runs code with the model it is set up for.',
    capabilities: CODING,
    install: 'Install it with `npm install -g opencode-ai`, then run `opencode auth login`',
  },
  aider: {
    provider: 'aider',
    // Joined with `=`, so that a prompt which begins with a dash is not an option.
    argv: ({ model, extra }) => [
      'aider',
      '--yes-always',
      '--no-pretty',
      '--no-stream',
      // Asked to say yes to everything, it would install an update it finds.
      '--no-check-update',
      ...model,
      ...extra,
      '--message={{prompt}}',
    ],
    prompt: 'argument',
    output: { parse: parseAider },
    hasSession: false,
    model: modelFlag,
    description: 'aider: edits the files of a git repository.',
    capabilities: ['code', 'files', 'refactoring', 'git'],
    install: 'Install it with `python -m pip install aider-install && aider-install`, then set the key of its model',
  },
  'cursor-agent': {
    provider: 'cursor',
    argv: ({ model, extra, session }) => [
      'cursor-agent',
      '-p',
      '--output-format',
      'stream-json',
      ...resume('--resume', session),
      ...model,
      ...extra,
      '--',
      '{{prompt}}',
    ],
    prompt: 'argument',
    output: { format: cursorFormat },
    hasSession: true,
    model: modelFlag,
    description: 'Cursor agent: reads, writes and runs code in the working directory.',
    capabilities: CODING,
    install: 'Install it as https://cursor.com/cli says, then run `cursor-agent login`',
  },
  ollama: {
    provider: 'ollama',
    argv: ({ model, extra }) => ['ollama', 'run', '--verbose', '--hidethinking', ...extra, ...model],
    prompt: 'stdin',
    output: { parse: parseOllama },
    hasSession: false,
    model: (name) => [name],
    defaultModel: 'llama3.2',
    description: 'A local model through ollama: answers from the prompt alone, without tools.',
    capabilities: ['text', 'summaries', 'offline'],
    install: 'Install it from https://ollama.com/download, then run `ollama pull llama3.2`',
  },
});

/** Whether `cliAgent` has a preset for a tool of this name. */
export function isCliTool(name: string): name is CliTool {
  return Object.hasOwn(CLI_TOOLS, name);
}
