import { escapedLines } from '../text/foreign-text.ts';
import { isBranded } from './brand.ts';

const BRAND = Symbol.for('soar-machine.error');

/** Stable names of the errors the library throws; never reworded, safe to switch on. */
export type SoarErrorCode =
  | 'invalid-plan'
  | 'invalid-options'
  | 'invalid-config'
  | 'unknown-agent'
  | 'unknown-machine'
  | 'unknown-run'
  | 'run-owned'
  | 'run-cancelled'
  | 'phase-failed'
  | 'engine-closed'
  | 'not-supported'
  | 'usage'
  | 'io'
  | 'internal';

/** Fault in the user's input. */
export interface Issue {
  /** Where it stands, e.g. `tasks[2].dependsOn[0]`; empty for the whole input. */
  path: string;
  /** A full sentence: what is wrong, and what was expected. */
  message: string;
  /** The task concerned, where there is one. */
  taskId?: string;
  /** Stable kebab-case name of the fault, e.g. `unknown-dependency`. */
  code?: string;
}

/**
 * The one error class of the library. Thrown for bad input and broken wiring, **not** for failed tasks: those are
 * outcomes in a {@link RunResult}. Recognise it with `SoarError.isInstance(e)`, which also works across duplicate installs.
 * Its messages quote the input: control and format characters in them are escaped, so they can be printed as they are.
 */
export class SoarError extends Error {
  readonly code: SoarErrorCode;
  /** Every fault found, when there can be several (`invalid-plan`, `invalid-options`). */
  readonly issues: readonly Issue[];

  constructor(code: SoarErrorCode, message: string, options: { cause?: unknown; issues?: readonly Issue[] } = {}) {
    super(escapedLines(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'SoarError';
    this.code = code;
    this.issues = (options.issues ?? []).map((issue) => ({ ...issue, message: escapedLines(issue.message) }));
    Object.defineProperty(this, BRAND, { value: true });
  }

  static isInstance(value: unknown): value is SoarError {
    return isBranded(value, BRAND);
  }
}
