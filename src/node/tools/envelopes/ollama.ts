import type { AgentAnswer } from '../../../types/agent.ts';
import type { ProcessResult } from '../../command/command-options.ts';

/**
 * ollama: `ollama run --verbose --hidethinking <model>` with its prompt on stdin; the answer is plain text on stdout, the figures
 * of `--verbose` are on stderr. It has no session.
 *
 * Documented in "CLI Reference" (docs.ollama.com/cli); flags and figures stand in cmd/cmd.go and api/types.go of
 * github.com/ollama/ollama. A failure exits with code 1 and says `Error: …` on stderr.
 */
export function parseOllama({ stdout, stderr }: ProcessResult): AgentAnswer {
  const output = stdout.trimEnd();
  const inputTokens = figure(stderr, /^prompt eval count:\s+(\d+) token/gm);
  const outputTokens = figure(stderr, /^eval count:\s+(\d+) token/gm);
  if (inputTokens === null && outputTokens === null) return { output };
  const [sent, received] = [inputTokens ?? 0, outputTokens ?? 0];
  return { output, usage: { inputTokens: sent, outputTokens: received, totalTokens: sent + received } };
}

/** The last one: the model itself may write on stderr before. */
function figure(text: string, pattern: RegExp): number | null {
  const last = [...text.matchAll(pattern)].at(-1)?.[1];
  return last === undefined ? null : Number(last);
}
