import type { Fault } from './findings.ts';
import { badAgents } from './real/bad-agents.ts';
import { badSecond } from './real/bad-second.ts';
import { clockJumps } from './real/clocks.ts';
import { fullDisk } from './real/full-disk.ts';
import { killAtRecords } from './real/kill-at-records.ts';
import { killAtSpawn, killResume } from './real/kill-at-spawn.ts';
import { killCli } from './real/kill-cli.ts';
import { twoOwners } from './real/owners.ts';
import { pausedOwner } from './real/paused-owner.ts';
import { pidReuse } from './real/pid-reuse.ts';
import { powerCut } from './real/power-cut.ts';
import { damagedStore, newerStore, readOnlyFolder } from './real/stores.ts';
import { throwing } from './real/throwing.ts';
import { simulate } from './simulated/simulate.ts';

const simulation: Fault = {
  id: 'simulation',
  about:
    'random plans under random kills, losses of power, full and slow disks, interrupts, clock jumps and listeners that throw',
  tries: 1000,
  alone: true,
  attempt: simulate,
};

/** Everything a campaign tries, the quick first. */
export const FAULTS: readonly Fault[] = [
  simulation,
  powerCut,
  killAtRecords,
  killAtSpawn,
  killResume,
  pidReuse,
  killCli,
  fullDisk,
  readOnlyFolder,
  damagedStore,
  newerStore,
  clockJumps,
  twoOwners,
  pausedOwner,
  badAgents,
  badSecond,
  throwing,
];
