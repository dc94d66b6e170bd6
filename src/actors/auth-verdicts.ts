import type { ResolvedAgent } from '../agents/resolve.ts';
import { TurnoverMap } from '../base/turnover-map.ts';
import type { AttemptResult, AttemptSpec } from './attempt.ts';

/** A 401 of an attempt that other attempts of its agent have judged. */
export interface Verdict {
  spec: AttemptSpec;
  isRefuted: boolean;
}

interface Pending {
  spec: AttemptSpec;
  /** Attempts in flight when it failed, which have not ended since. */
  readonly awaits: Set<string>;
}

interface Logins {
  /** Attempts in flight, by id, with the turn in which they started. */
  readonly inFlight: Map<string, number>;
  readonly pending: Set<Pending>;
  /** The turn of the last success; 0: none yet. */
  succeededIn: number;
}

/** An agent that a plan makes up has the login of the agent that plays it. */
const loginOf = ({ id, base, identity }: ResolvedAgent): string => identity ?? base ?? id;

/**
 * Judges 401s by the other attempts of an agent. When several start at once and a token is due for renewal, one attempt renews
 * it and the others are turned away, although the login is valid. A 401 is therefore provisional while another attempt of
 * the agent is in flight: it is refuted by the first success, also by an earlier one that overlapped with it, and confirmed
 * once all attempts that were in flight when it came have ended without one. It awaits nothing else, so it never waits for ever.
 */
export class AuthVerdicts {
  readonly #agents = new TurnoverMap<string, Logins>();
  #turn = 0;

  started({ agent, attemptId }: AttemptSpec): void {
    const key = loginOf(agent);
    let logins = this.#agents.get(key);
    if (!logins) {
      logins = { inFlight: new Map(), pending: new Set(), succeededIn: 0 };
      this.#agents.set(key, logins);
    }
    this.#turn += 1;
    logins.inFlight.set(attemptId, this.#turn);
  }

  /** Verdicts after the end of an attempt: on itself, if it is provisional, and on those that waited for it. */
  ended(spec: AttemptSpec, result: AttemptResult): { own: AttemptResult['verdict']; verdicts: Verdict[] } {
    const key = loginOf(spec.agent);
    const logins = this.#agents.get(key);
    if (!logins) return { own: undefined, verdicts: [] };
    const startedIn = logins.inFlight.get(spec.attemptId) ?? 0;
    logins.inFlight.delete(spec.attemptId);
    this.#turn += 1;
    const succeeded = result.status === 'succeeded';
    if (succeeded) logins.succeededIn = this.#turn;
    const verdicts: Verdict[] = [];
    for (const one of logins.pending) {
      one.awaits.delete(spec.attemptId);
      if (!succeeded && one.awaits.size > 0) continue;
      logins.pending.delete(one);
      verdicts.push({ spec: one.spec, isRefuted: succeeded });
    }
    const own = isProvisional(spec, result) ? verdictOf(logins, startedIn) : undefined;
    if (own === 'pending') logins.pending.add({ spec, awaits: new Set(logins.inFlight.keys()) });
    if (logins.inFlight.size === 0) this.#agents.delete(key);
    return { own, verdicts };
  }
}

function isProvisional({ mayBeRefuted }: AttemptSpec, { status, error }: AttemptResult): boolean {
  return mayBeRefuted === true && status === 'failed' && error?.kind === 'auth';
}

function verdictOf({ succeededIn, inFlight }: Logins, startedIn: number): AttemptResult['verdict'] {
  if (succeededIn > startedIn) return 'refuted';
  return inFlight.size > 0 ? 'pending' : undefined;
}
