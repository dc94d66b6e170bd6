import type { BreakerPolicy } from '../../policy/policy.ts';
import type { StoredBreaker } from '../../run/entries.ts';
import type { ErrorKind } from '../../types/error-kind.ts';
import { startingIn } from '../../xstate/starting-in.ts';
import { type Failure, opensOn } from './logic.ts';
import { type BreakerInput, breakerMachine } from './machine.ts';

type Begun = { logic: typeof breakerMachine; restored?: BreakerInput['restored'] };

const open = startingIn(breakerMachine, 'open');
const halfOpen = startingIn(breakerMachine, 'halfOpen');

/** Kinds that are mended between two runs: a script that exits, a missing program, a login, the name of a model. */
const MENDED: ReadonlySet<string | null> = new Set(['exit', 'spawn', 'auth', 'invalid_model']);

/**
 * Restores a breaker that another process left in some state. A probe it had in flight is gone. An open breaker keeps its
 * time, but waits no longer than its policy says, whatever the clock did. A breaker that has not been tried for a whole
 * failure window starts empty.
 *
 * Failures in {@link MENDED} are forgotten, so a user who mends a script, installs a program, logs in or names another model
 * and runs again does not wait. A breaker that would not be open without them begins closed.
 */
export function restoredBreaker(stored: StoredBreaker, policy: BreakerPolicy, now: number): Begun {
  const all = stored.failures.map(({ at, kind }) => ({ at, kind: kind as ErrorKind | null }));
  const failures = all.filter(({ kind }) => !MENDED.has(kind));
  const retryAt = Math.min(stored.retryAt, now + policy.resetTimeoutMs);
  if (stored.state === 'closed' || (failures.length < all.length && !isOpenBy(all, failures, policy)))
    return failures.length > 0
      ? { logic: breakerMachine, restored: { failures, retryAt: 0 } }
      : { logic: breakerMachine };
  if (now - retryAt >= policy.failureWindowMs) return { logic: breakerMachine };
  return { logic: retryAt > now ? open : halfOpen, restored: { failures, retryAt } };
}

/** Whether the last failure still counts, and opens the breaker together with the others that do. */
function isOpenBy(all: readonly Failure[], left: readonly Failure[], policy: BreakerPolicy): boolean {
  const last = left.at(-1);
  return last !== undefined && last === all.at(-1) && opensOn(left.slice(0, -1), last, policy, false);
}
