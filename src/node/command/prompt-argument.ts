import { AgentError } from '../../errors/agent-error.ts';
import type { AgentRequest } from '../../types/agent.ts';
import { codePlaces, PLACEHOLDER, withPlaceholder } from './prompt-code.ts';

/**
 * The argv of an attempt whose prompt is an argument, and what its stdin is to be.
 *
 * `{{prompt}}` becomes the prompt: the task's own text, and what its dependencies produced. Where the prompt is *code*,
 * in `bash -c {{prompt}}` and the like, it becomes the task's own text alone, since an answer appended to a script
 * would be run; the rest goes to stdin.
 *
 * @param isCode What the author of the agent says of it; undefined: what the command reports.
 */
export function withPrompt(
  command: readonly [string, ...string[]],
  { prompt, question }: Pick<AgentRequest, 'prompt' | 'question'>,
  isCode?: boolean,
): { argv: [string, ...string[]]; input: string | null } {
  if (prompt.includes('\0')) {
    throw new AgentError(
      'invalid_request',
      "The prompt contains a NUL character, which no argument can; use `prompt: 'stdin'`",
      { fault: 'task' },
    );
  }
  const [program = '', ...args] = withPlaceholder(command, 'argument');
  const places = codePlaces([program, ...args]).arguments;
  let hasCode = false;
  const argv = args.map((one, at) => {
    if (!one.includes(PLACEHOLDER)) return one;
    const takesCode = isCode ?? places.has(at + 1);
    hasCode ||= takesCode;
    return one.replaceAll(PLACEHOLDER, () => (takesCode ? question : prompt));
  });
  const context = prompt.startsWith(question) ? prompt.slice(question.length).trimStart() : '';
  return { argv: [program, ...argv], input: hasCode && context !== '' ? context : null };
}
