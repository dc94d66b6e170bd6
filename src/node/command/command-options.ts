import type { CommandAgentSpec } from '../../plan/types.ts';
import type { AgentAnswer } from '../../types/agent.ts';
import type { OutputReaderFactory } from './output-reader.ts';

export interface CommandAgentOptions extends Omit<CommandAgentSpec, 'kind'> {
  /** Default `'command'`. */
  kind?: 'command' | 'cli';
  /**
   * Makes the answer from what the process wrote, instead of taking stdout as it is. Called for every exit code; for a
   * code other than 0 its answer is ignored, but an `AgentError` it throws replaces the one made from stderr.
   */
  parse?: (result: ProcessResult) => AgentAnswer;
  /**
   * Reads stdout while it comes, for a program that prints events instead of its answer: it says what is output and what is
   * progress, and makes the answer at the end. Made anew for every attempt. Instead of `parse`.
   */
  reader?: OutputReaderFactory;
}

/** Rest of a process that exited by itself. */
export interface ProcessResult {
  /** As kept: cut in the middle, and marked, beyond `maxOutputBytes`. */
  stdout: string;
  /** Its last 64 KiB. */
  stderr: string;
  exitCode: number;
}
