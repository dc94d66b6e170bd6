import type { RunResult } from '../run/result.ts';

/** Signals that end a run before its time. */
export type Interrupt = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** Bad usage, plan or configuration: nothing ran. */
export const BAD_INPUT = 2;

const INTERRUPTED: Readonly<Record<Interrupt, number>> = Object.freeze({ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 });

/** Exit code of a process that a signal ended. */
export function interruptCode(signal: Interrupt): number {
  return INTERRUPTED[signal];
}

/**
 * The exit code of a run, the first that matches: 130, 143 (129) interrupted · 4 budget exhausted · 75 every failure is a rate
 * limit, so trying later may help · 0 succeeded · 3 partial · 1 failed, or cancelled otherwise.
 */
export function exitCodeOf(result: RunResult, options: { interruptedBy?: Interrupt | null } = {}): number {
  const { interruptedBy } = options;
  if (interruptedBy) return interruptCode(interruptedBy);
  // The run itself broke, or was taken over: what its tasks came to until then is not its result.
  if (result.error?.kind === 'internal') return 1;
  const kinds = [result.error?.kind, ...result.outcomes.map(({ error }) => error?.kind)];
  if (kinds.includes('budget')) return 4;
  const failed = result.outcomes.filter(({ status }) => status === 'failed');
  // A run that broke before it had a plan failed of what its phase did.
  const failures = failed.length > 0 ? failed : result.status === 'failed' ? [result] : [];
  if (failures.length > 0 && failures.every(({ error }) => error?.kind === 'rate_limited')) return 75;
  if (result.status === 'succeeded') return 0;
  return result.status === 'partial' ? 3 : 1;
}
