import type { Chance } from '../random.ts';

/** How one process of a simulated run lives, and what ends it. Plain data, so that a failing one can be read. */
export interface Life {
  end: 'kill' | 'power' | 'killBeforeCommit' | 'killAfterCommit' | 'fullDisk' | 'interrupt';
  /** When, milliseconds after its start; for what happens at a commit that is the limit. */
  afterMs: number;
  /** At which of its commits. */
  nth: number;
  /** How many commits fail on a full disk. */
  fullFor: number;
  /** How long the disk takes. */
  syncMs: number;
  /** How far its clock is off when it starts. */
  offsetMs: number;
  /** A jump of its clock while it runs. */
  jump: { afterMs: number; byMs: number } | null;
  /** Its subscribers throw. */
  throws: boolean;
}

const JUMPS = [-3_600_000, -5000, -1, 1, 60_000, 3_600_000];

/** The lives of a run that end badly; a calm one follows. */
export function livesOf(chance: Chance): Life[] {
  return Array.from({ length: chance.between(0, 5) }, () => ({
    end: chance.pick(['kill', 'power', 'killBeforeCommit', 'killAfterCommit', 'fullDisk', 'interrupt'] as const),
    afterMs: chance.oneIn(4) ? 0 : chance.between(0, 9000),
    nth: chance.between(0, 14),
    fullFor: chance.between(1, 3),
    syncMs: chance.pick([0, 0, 3, 250]),
    offsetMs: chance.oneIn(4) ? chance.pick(JUMPS) : 0,
    jump: chance.oneIn(4) ? { afterMs: chance.between(0, 5000), byMs: chance.pick(JUMPS) } : null,
    throws: chance.oneIn(4),
  }));
}

export const CALM: Life = {
  end: 'kill',
  afterMs: Number.POSITIVE_INFINITY,
  nth: 0,
  fullFor: 0,
  syncMs: 0,
  offsetMs: 0,
  jump: null,
  throws: false,
};
