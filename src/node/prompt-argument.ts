import { basename } from 'node:path';
import { AgentError } from '../errors/agent-error.ts';
import type { AgentRequest } from '../types.ts';

export const PLACEHOLDER = '{{prompt}}';

/** Programs that take code as the argument after one of these flags. */
const CODE_FLAGS: Readonly<Record<string, RegExp>> = {
  sh: /^-\w*c$/,
  bash: /^-\w*c$/,
  dash: /^-\w*c$/,
  zsh: /^-\w*c$/,
  ksh: /^-\w*c$/,
  fish: /^(-c|--command)$/,
  pwsh: /^-(c|command)$/i,
  powershell: /^-(c|command)$/i,
  cmd: /^\/c$/i,
  node: /^(-e|-p|-pe|--eval|--print)$/,
  python: /^-c$/,
  python3: /^-c$/,
  perl: /^-\w*e$/,
  ruby: /^-\w*e$/,
};

/**
 * The argv of an attempt whose prompt is an argument, and what its stdin is to be.
 *
 * `{{prompt}}` becomes the prompt: the task's own text, and what its dependencies produced. Where the prompt is *code*,
 * in `bash -c {{prompt}}` and the like, it becomes the task's own text alone, since an answer appended to a script
 * would be run; the rest goes to stdin.
 */
export function withPrompt(
  [program, ...args]: readonly [string, ...string[]],
  { prompt, question }: Pick<AgentRequest, 'prompt' | 'question'>,
): { argv: [string, ...string[]]; input: string | null } {
  if (prompt.includes('\0')) {
    throw new AgentError(
      'invalid_request',
      "The prompt contains a NUL character, which no argument can; use `prompt: 'stdin'`",
    );
  }
  if (!args.some((one) => one.includes(PLACEHOLDER))) return { argv: [program, ...args, prompt], input: null };
  const codeFlag = CODE_FLAGS[basename(program).replace(/\.exe$/i, '')];
  let hasCode = false;
  const argv = args.map((one, at) => {
    if (!one.includes(PLACEHOLDER)) return one;
    const isCode = codeFlag?.test(args[at - 1] ?? '') ?? false;
    hasCode ||= isCode;
    return one.replaceAll(PLACEHOLDER, () => (isCode ? question : prompt));
  });
  const context = prompt.startsWith(question) ? prompt.slice(question.length).trimStart() : '';
  return { argv: [program, ...argv], input: hasCode && context !== '' ? context : null };
}
