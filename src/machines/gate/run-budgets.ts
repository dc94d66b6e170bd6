import type { Budget } from '../../policy/budget.ts';
import type { Expenses } from '../../run/expenses.ts';
import type { Addressee } from '../../xstate/messaging.ts';
import type { GateNotice, RunOpened } from './events.ts';

/** Why nothing more may start in a run. */
export type Spent = Extract<GateNotice, { type: 'budget.spent' }>['what'];

/** A run's leases, spending and bounds. */
export interface RunAccount extends Expenses {
  readonly runId: string;
  readonly maxConcurrent: number | null;
  readonly staggerMs: number | null;
  readonly budget: Budget | null;
  readonly until: number | null;
  readonly ref: Addressee<GateNotice> | null;
  out: number;
  /** Order of the last grant: the run served longest ago goes first. */
  served: number;
  spent: Spent | null;
}

/** Sums of fractions are not exact: ten times a tenth of a dollar is a little less than a dollar. */
const HALF_A_HAIR = 1e-9;

const NOTHING: Expenses = { attempts: 0, tokens: 0, costUsd: 0 };

/** The runs a gate knows. One that never announced itself has no bounds of its own. */
export class Accounts {
  readonly runs = new Map<string, RunAccount>();
  /** Notices to runs, sent after those to tasks. */
  notices: { runId: string; ref: Addressee<GateNotice>; event: GateNotice }[] = [];

  /**
   * Announced again, by another part of the same run, it keeps what it has spent and has out: it stays the same object, since an
   * attempt that ended a moment ago may have its lease still to give back.
   */
  open({ runId, maxConcurrent, staggerMs, budget, ref, spent }: RunOpened, now: number, served: number): void {
    const account: RunAccount = Object.assign(this.runs.get(runId) ?? { ...NOTHING, ...spent, out: 0 }, {
      runId,
      maxConcurrent,
      staggerMs,
      budget,
      until: budget?.timeMs === undefined ? null : now + budget.timeMs,
      ref,
      served,
      spent: null,
    });
    this.runs.set(runId, account);
    this.judge(account, now);
  }

  of(runId: string, served: number): RunAccount {
    const known = this.runs.get(runId);
    if (known) return known;
    const bounds = { maxConcurrent: null, staggerMs: null, budget: null, until: null, ref: null };
    const account: RunAccount = { runId, ...bounds, ...NOTHING, out: 0, served, spent: null };
    this.runs.set(runId, account);
    return account;
  }

  /** Notifies the runs that wait for a cooling provider until when; a provider that does not cool keeps no run waiting. */
  noteCooling(provider: string, until = 0, runs: Iterable<RunAccount>, now: number): void {
    if (until <= now) return;
    for (const { runId, ref } of runs) {
      if (ref) this.notices.push({ runId, ref, event: { type: 'provider.cooling', provider, until } });
    }
  }

  /** Whether nothing more may start in the run; notifies the run once. */
  judge(run: RunAccount, now: number): Spent | null {
    if (run.spent || !run.budget) return run.spent;
    const { attempts, tokens, costUsd } = run.budget;
    if (attempts !== undefined && run.attempts >= attempts) run.spent = 'attempts';
    else if (tokens !== undefined && run.tokens >= tokens) run.spent = 'tokens';
    else if (costUsd !== undefined && run.costUsd >= costUsd - HALF_A_HAIR) run.spent = 'cost';
    else if (run.until !== null && now >= run.until) run.spent = 'time';
    const { runId, ref, spent } = run;
    if (spent && ref) this.notices.push({ runId, ref, event: { type: 'budget.spent', what: spent } });
    return run.spent;
  }
}
