import type { AgentAnswer, AgentControls } from '../../types/agent.ts';

/** Rest of an ended process. */
export interface ProcessLeft {
  /** As kept: cut in the middle, and marked, beyond `maxOutputBytes`. */
  stdout: string;
  /** `stdout` without its last line end. */
  plain: string;
  truncated: boolean;
  /** Its last 64 KiB. */
  stderr: string;
  exitCode: number | null;
  exitSignal: NodeJS.Signals | null;
  /** Why it was asked to stop; null when it ended by itself. */
  aborted: string | null;
  /** Epoch milliseconds. */
  now: number;
}

/** Understands what one process prints, as it prints it. */
export interface OutputReader {
  /** A piece of stdout; characters are whole. */
  stdout(piece: string): void;
  /** Returns the answer, or throws an `AgentError`. */
  finish(left: ProcessLeft): AgentAnswer;
}

export type OutputReaderFactory = (controls: AgentControls) => OutputReader;
