import { startingIn } from '../../actors/starting-in.ts';
import type { ErrorKind } from '../../errors/error-kind.ts';
import type { StoredBreaker } from '../../journal/entries.ts';
import type { BreakerPolicy } from '../../policy/policy.ts';
import { type BreakerInput, breakerMachine } from './machine.ts';

type Begun = { logic: typeof breakerMachine; restored?: BreakerInput['restored'] };

const open = startingIn(breakerMachine, 'open');
const halfOpen = startingIn(breakerMachine, 'halfOpen');

/**
 * How a breaker begins that was left in some state by another process, whose probe, if it had one, is gone. An open one
 * keeps its time, but waits no longer than its policy says, whatever the clock did; one that nobody has tried for as long as
 * a failure counts knows nothing any more. A plain exit code is forgotten: it judged what a command was asked to do, and
 * whoever mends their script and runs it again asks something else. So is a program that could not be started: whoever
 * installs it, or mends PATH, and runs again must not wait for a breaker, and to find it missing again costs nothing.
 */
export function restoredBreaker(stored: StoredBreaker, policy: BreakerPolicy, now: number): Begun {
  const all = stored.failures.map(({ at, kind }) => ({ at, kind: kind as ErrorKind | null }));
  const failures = all.filter(({ kind }) => kind !== 'exit' && kind !== 'spawn');
  if (all.length > 0 && failures.length === 0) return { logic: breakerMachine };
  const retryAt = Math.min(stored.retryAt, now + policy.resetTimeoutMs);
  if (stored.state === 'closed') return { logic: breakerMachine, restored: { failures, retryAt: 0 } };
  if (now - retryAt >= policy.failureWindowMs) return { logic: breakerMachine };
  return { logic: retryAt > now ? open : halfOpen, restored: { failures, retryAt } };
}
