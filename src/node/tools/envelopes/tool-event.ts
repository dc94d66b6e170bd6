import type { ErrorKind } from '../../../types/error-kind.ts';
import type { Usage } from '../../../types/usage.ts';
import type { JsonEvent } from './json-lines.ts';

/** Why a tool says it failed. */
export interface Failure {
  kind: ErrorKind;
  message: string;
  /** When a rate limit ends, epoch milliseconds. */
  retryAt?: number;
  retryAfterMs?: number;
  /** True when nothing said of which kind it is. */
  isVague?: boolean;
}

/** Common form of the events of all tools. */
export type ToolEvent =
  /** The conversation's id, by which the tool can continue with it. */
  | { type: 'session'; id: string }
  /** A piece of what the agent says, as it comes. */
  | { type: 'text'; text: string }
  /** Something is being done. What was said before it is not part of the final answer. */
  | { type: 'work'; message?: string }
  /** A sign of life. With `isWorking` a model thinks or a tool runs; without, a tool that waits for nothing may print it too. */
  | { type: 'beat'; isWorking?: true }
  /** The answer as the tool states it; with `isSpare`, only when there was no other text. */
  | { type: 'answer'; text: string; isSpare?: boolean }
  /** The structured part of the answer. */
  | { type: 'data'; value: unknown }
  /** Replaces what was known; with `add`, it is added to it. */
  | { type: 'usage'; usage: Usage; add?: boolean }
  /** When a limit that was hit ends, epoch milliseconds; counts if it then fails of it. */
  | { type: 'limit'; retryAt: number }
  /** With `isFinal` it has failed, whatever its exit code; without, only when no answer follows. */
  | { type: 'failure'; failure: Failure; isFinal: boolean }
  /** The tool has ended well. */
  | { type: 'done' };

/** How one tool says what it does, on stdout. */
export interface ToolFormat {
  /** The values of `type` that its events have. */
  types: ReadonlySet<string>;
  /** Whether every stream that is whole ends with an event that says so. */
  hasEnd: boolean;
  /** Whether every answer comes with the tokens it took; one without any then was not made by a model. Default false. */
  reportsUsage?: boolean;
  /** Whether the tokens it reports are those of its whole session, earlier runs of the tool included. Default false. */
  countsSession?: boolean;
  /** Reads the events of one run of the tool, in order. Never throws: what it does not know is a `beat`. */
  reader(): (event: JsonEvent) => ToolEvent[];
  /** Kinds by exit code, where neither an event nor stderr gives one. */
  exitCodes?: Readonly<Record<number, ErrorKind>>;
  /** Words on stderr that only this tool has, for the failures that are no event. */
  words?: readonly (readonly [RegExp, ErrorKind])[];
}
