import type { Child } from './children.ts';
import { patientTimeout } from './patient-timeout.ts';
import { markOf, type ProcessMark, processMarks } from './process-marks.ts';
import { isThere, ownLine, type ProcessEntry, type ProcessIdentity, processTable } from './process-tree.ts';
import { hasGroup, signalChild, signalGroup, signalProcess } from './signals.ts';

export interface ProcessGroupOptions {
  /** Leader of a session and a group of its own. Absent: only marks report which processes belong to it. */
  leader?: ProcessIdentity;
  /** The leader, where it is a child of this process. */
  child?: Child;
  /** Whether a process with this mark belongs to it, wherever it went. */
  isOurs(mark: ProcessMark): boolean;
}

/**
 * The processes of an attempt, and the only way to end them. A process belongs to it when that is proven: by a leader whose pid and
 * start time are those it was started with, by having been found before, or by its mark. Then its descendants belong to it, too.
 * Not found: a process that left session, parent *and* environment.
 */
export class ProcessGroup {
  readonly #leader: ProcessIdentity | null;
  readonly #child: Child | null;
  readonly #isOurs: (mark: ProcessMark) => boolean;
  /** Found before, and recognised after their leader has gone. */
  #known: readonly ProcessIdentity[] = [];
  /** This process heard the leader's exit, so what is known of the group is without a gap. */
  #isLeaderGone = false;
  #cancelLastResort: (() => void) | undefined;

  constructor({ leader, child, isOurs }: ProcessGroupOptions) {
    this.#leader = leader ?? null;
    this.#child = child ?? null;
    this.#isOurs = isOurs;
  }

  /** Asks it to end: SIGTERM now, SIGKILL once the grace is over. Harmless when called again, or after the leader's exit. */
  end(graceMs: number): void {
    if (this.#cancelLastResort || this.#isLeaderGone) return;
    this.signal('SIGTERM');
    this.#cancelLastResort = patientTimeout(() => this.signal('SIGKILL'), graceMs);
  }

  /**
   * Signals everything that belongs to it. Returns what was found alive.
   *
   * @param everywhere Also what only its mark reports. Default true.
   */
  signal(signal: NodeJS.Signals, { everywhere = true } = {}): readonly ProcessIdentity[] {
    const found = this.members({ everywhere });
    const group = this.#leader?.pid ?? 0;
    const proof = this.#isLeaderGone ? found.find((entry) => entry.group === group) : this.#leader;
    const atOnce =
      (proof && signalGroup(group, proof, signal)) || (this.#child !== null && signalChild(this.#child, signal));
    for (const entry of found) if (!atOnce || entry.group !== group) signalProcess(entry, signal);
    return found;
  }

  /**
   * To be called in the turn that hears of the leader's exit: the number of its group cannot be another's yet, and what is left of
   * it is recognised from then on. Takes the last resort back.
   */
  leaderEnded(): void {
    this.#cancelLastResort?.();
    this.#isLeaderGone = true;
    const leader = this.#leader;
    if (leader && hasGroup(leader.pid)) this.#known = this.#find((entry) => isOf(leader.pid, entry), false);
  }

  /** Kills what is left in the group of a leader that has gone; cheap where nothing is. What left the group lives on. */
  killRest(): void {
    const group = this.#leader?.pid ?? 0;
    if (!hasGroup(group)) return;
    const proof = this.members({ everywhere: false }).find((entry) => entry.group === group);
    if (proof) signalGroup(group, proof, 'SIGKILL');
  }

  /** Alive, and proven to belong to it. */
  members({ everywhere = true } = {}): readonly ProcessEntry[] {
    const leader = this.#leader && isThere(this.#leader) ? this.#leader.pid : null;
    const found = this.#find((entry) => leader !== null && isOf(leader, entry), everywhere);
    this.#known = found.map(({ pid, started }) => ({ pid, started }));
    return found;
  }

  #find(isRoot: (entry: ProcessEntry) => boolean, everywhere: boolean): ProcessEntry[] {
    const table = processTable();
    const known = new Map(this.#known.map(({ pid, started }) => [pid, started]));
    const group = this.#leader?.pid;
    const markFor = everywhere ? (pid: number) => processMarks().get(pid) : markOf;
    const isMarked = (entry: ProcessEntry) => {
      if (!everywhere && entry.group !== group && entry.session !== group) return false;
      const mark = markFor(entry.pid);
      return mark !== null && mark !== undefined && this.#isOurs(mark);
    };
    const children = Map.groupBy(table.values(), ({ parent }) => parent);
    const isProven = (entry: ProcessEntry) =>
      isRoot(entry) || known.get(entry.pid) === entry.started || isMarked(entry);
    const queue = [...table.values()].filter(isProven);
    const spared = ownLine();
    const found = new Map<number, ProcessEntry>();
    for (let entry = queue.pop(); entry; entry = queue.pop()) {
      if (found.has(entry.pid) || spared.has(entry.pid)) continue;
      found.set(entry.pid, entry);
      queue.push(...(children.get(entry.pid) ?? []));
    }
    return [...found.values()].filter(({ isOver }) => !isOver);
  }
}

function isOf(leader: number, { pid, group, session, parent }: ProcessEntry): boolean {
  return pid === leader || group === leader || session === leader || parent === leader;
}
