import type { CliTool } from '../plan/types.ts';

/** How one coding CLI is run without a terminal. */
export interface CliToolPreset {
  /** Shares start gap and cooling with every other agent of this provider. */
  provider: string;
  /** The whole command. `model` is the arguments that choose the model, `extra` the user's own. */
  argv(parts: { model: readonly string[]; extra: readonly string[] }): [string, ...string[]];
  prompt: 'stdin' | 'argument';
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

/** Presets of the coding CLIs `cliAgent` knows. Each reads its own login and settings; none is given more rights. */
export const CLI_TOOLS: Readonly<Record<CliTool, CliToolPreset>> = Object.freeze({
  claude: {
    provider: 'anthropic',
    argv: ({ model, extra }) => ['claude', '-p', ...model, ...extra],
    prompt: 'stdin',
    model: modelFlag,
    description: 'Claude Code: reads, writes and runs code in the working directory.',
    capabilities: CODING,
    install: 'Install it with `npm install -g @anthropic-ai/claude-code`, then run `claude` once to log in',
  },
  codex: {
    provider: 'openai',
    argv: ({ model, extra }) => ['codex', 'exec', ...model, ...extra, '-'],
    prompt: 'stdin',
    model: modelFlag,
    description: 'OpenAI Codex: reads, writes and runs code in the working directory.',
    capabilities: CODING,
    install: 'Install it with `npm install -g @openai/codex`, then run `codex login`',
  },
  gemini: {
    provider: 'google',
    // Headless because stdin is no terminal; its -p wants the prompt as an argument.
    argv: ({ model, extra }) => ['gemini', ...model, ...extra],
    prompt: 'stdin',
    model: modelFlag,
    description: 'Gemini CLI: reads, writes and runs code in the working directory.',
    capabilities: CODING,
    install: 'Install it with `npm install -g @google/gemini-cli`, then run `gemini` once to log in',
  },
  opencode: {
    provider: 'opencode',
    argv: ({ model, extra }) => ['opencode', 'run', ...model, ...extra],
    prompt: 'stdin',
    model: modelFlag,
    description: 'opencode: reads, writes and runs code with the model it is set up for.',
    capabilities: CODING,
    install: 'Install it with `npm install -g opencode-ai`, then run `opencode auth login`',
  },
  aider: {
    provider: 'aider',
    // Joined with `=`, so that a prompt which begins with a dash is no option.
    argv: ({ model, extra }) => [
      'aider',
      '--yes-always',
      '--no-pretty',
      '--no-stream',
      ...model,
      ...extra,
      '--message={{prompt}}',
    ],
    prompt: 'argument',
    model: modelFlag,
    description: 'aider: edits the files of a git repository.',
    capabilities: ['code', 'files', 'refactoring', 'git'],
    install: 'Install it with `python -m pip install aider-install && aider-install`, then set the key of its model',
  },
  'cursor-agent': {
    provider: 'cursor',
    argv: ({ model, extra }) => [
      'cursor-agent',
      '-p',
      '--output-format',
      'text',
      ...model,
      ...extra,
      '--',
      '{{prompt}}',
    ],
    prompt: 'argument',
    model: modelFlag,
    description: 'Cursor agent: reads, writes and runs code in the working directory.',
    capabilities: CODING,
    install: 'Install it as https://cursor.com/cli says, then run `cursor-agent login`',
  },
  ollama: {
    provider: 'ollama',
    argv: ({ model, extra }) => ['ollama', 'run', ...extra, ...model],
    prompt: 'stdin',
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
