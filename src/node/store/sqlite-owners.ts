import { randomUUID } from 'node:crypto';
import { captureContext } from '../../base/async-context.ts';
import { SoarError } from '../../errors/soar-error.ts';
import { takenOver } from '../../journal/run-errors.ts';
import { clipped, escaped } from '../../text/foreign-text.ts';
import { isAlive, type ProcessIdentity } from '../process/process-tree.ts';
import { thisMachine, thisProcess } from '../process/this-process.ts';
import type { OwnerRow, Statements } from './sqlite-statements.ts';
import { ownerRowOf, runRowOf } from './stored-rows.ts';

/** How often an owner says that it is there, and how long it is believed where its process cannot be looked for. */
const HEARTBEAT_MS = 2000;
const STALE_MS = 10_000;

/** The writing process. The default is this one; a test may pretend to be another. */
export interface OwnerIdentity extends ProcessIdentity {
  machine: string;
}

export interface OwnersOptions {
  identity?: OwnerIdentity;
  now?: () => number;
}

function hostOf(machine: unknown): string {
  return clipped(String(machine ?? 'an unknown host').split('/')[0] ?? '', 100);
}

/** The instant that a record was written at, epoch milliseconds; null when it names none. */
function instantIn(body: unknown): number | null {
  const at = /"at":(\d{1,15})\b/.exec(String(body ?? ''))?.[1];
  return at === undefined ? null : Number(at);
}

/** Which processes use a store, this one among them: who may own its runs. */
export class Owners {
  readonly id = randomUUID();
  readonly #sql: Statements;
  readonly #isNeeded: () => boolean;
  readonly #identity: OwnerIdentity;
  readonly #now: () => number;
  #heartbeat: ReturnType<typeof setInterval> | null = null;
  readonly #within = captureContext();

  /** `isNeeded`: looks whether there is still anything it owns. Asked at every heartbeat. */
  constructor(sql: Statements, isNeeded: () => boolean, { identity, now = Date.now }: OwnersOptions = {}) {
    this.#sql = sql;
    this.#isNeeded = isNeeded;
    this.#identity = identity ?? { machine: thisMachine(), ...thisProcess() };
    this.#now = now;
  }

  /** Makes this owner known, once, and keeps it known. Never keeps the process alive. */
  appear(): void {
    const { machine, pid, started } = this.#identity;
    this.#sql.beat.run(this.id, machine, pid, started, this.#now());
    if (this.#heartbeat) return;
    this.#sql.forgetOwners.run(this.#now() - 10 * STALE_MS);
    const beat = () => {
      try {
        if (this.#isNeeded()) this.#sql.beat.run(this.id, machine, pid, started, this.#now());
      } catch {
        // The next commit meets the same trouble, and reports the run of it.
      }
    };
    this.#heartbeat = this.#within(() => setInterval(beat, HEARTBEAT_MS));
    this.#heartbeat.unref?.();
  }

  leave(): void {
    // One that only reads never appeared, and waits for no lock to leave.
    if (!this.#heartbeat) return;
    clearInterval(this.#heartbeat);
    this.#heartbeat = null;
    try {
      this.#sql.removeOwner.run(this.id);
    } catch {
      // A store that cannot be written keeps a line about an owner that will be found dead.
    }
  }

  /** Throws `run-owned` when a live process, and not this one, has the run. */
  requireFree(runId: string, owner: string | null): void {
    if (owner === null || owner === this.id) return;
    const found = this.#find(owner);
    if (!found || !this.#isAlive(found)) return;
    const where = found.machine === this.#identity.machine ? '' : ` on ${escaped(hostOf(found.machine))}`;
    const message = `Run \`${runId}\` is under way in process ${found.pid}${where}. Wait for it, or end that process first.`;
    throw new SoarError('run-owned', message);
  }

  /**
   * Throws `run-owned` when a run is this owner's no more, and says whose it is.
   *
   * @param run The run as it was owned; `seq` of the first record that this owner has not written. Absent: it was given up.
   */
  requireOwned<R extends { number: number; seq: number }>(runId: string, run: R | undefined): R {
    if (!run) throw takenOver(runId, { kind: 'left' });
    const { number, seq } = run;
    const row = this.#sql.findRun.get(runId);
    if (!row || Number(row.number) !== number) throw takenOver(runId, { kind: 'gone' });
    if (row.owner === this.id) return run;
    const status = runRowOf(row)?.status ?? null;
    if (status !== null) throw takenOver(runId, { kind: 'ended', status });
    if (row.owner === null) throw takenOver(runId, { kind: 'left' });
    const found = this.#find(String(row.owner));
    const since = instantIn(this.#sql.lastResumed.get(number, seq)?.body);
    throw takenOver(runId, { kind: 'owner', pid: found?.pid ?? null, host: hostOf(found?.machine), since });
  }

  #find(owner: string): OwnerRow | null {
    const row = this.#sql.findOwner.get(owner);
    return row ? ownerRowOf(row) : null;
  }

  /** Ids of the owners that live. */
  alive(): ReadonlySet<string> {
    const rows = this.#sql.owners.all().map(ownerRowOf);
    return new Set(rows.flatMap((owner) => (owner && this.#isAlive(owner) ? [owner.id] : [])));
  }

  /** A process is looked for where it must be; from another machine only its heartbeat can be seen. */
  #isAlive({ id, machine, pid, started, heartbeat_at }: OwnerRow): boolean {
    if (id === this.id) return true;
    if (machine === this.#identity.machine && started !== '') return isAlive({ pid, started });
    // One from the future was written before the clock was set back.
    return Math.abs(this.#now() - heartbeat_at) < STALE_MS;
  }
}
