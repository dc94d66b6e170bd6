import { describe, expect, it } from 'vitest';
import { memoryJournal } from '../../src/journal/memory-journal.ts';
import { headerOf, journalContract, settledEntry } from './journal-contract.ts';

journalContract('a journal in memory', () => {
  const journal = memoryJournal();
  return { journal, next: () => journal.crash() };
});

describe('a journal in memory that crashes', () => {
  it('loses what was not committed, and calls nothing back', async () => {
    const journal = memoryJournal();
    const log = journal.begin(headerOf('r'));
    const heard: string[] = [];
    log.append(settledEntry('a'));
    log.committed(() => heard.push('durable'));
    const next = journal.crash();
    await Promise.resolve();
    log.append(settledEntry('b'));
    await Promise.resolve();
    expect(heard).toEqual([]);
    expect(next.load('r')?.entries).toEqual([]);
  });

  it('is reported when another journal has taken its run', async () => {
    const journal = memoryJournal();
    const log = journal.begin(headerOf('r'));
    const faults: string[] = [];
    log.failed((error) => faults.push(error.message));
    const run = journal.disk.runs.get('r');
    if (run) run.owner = null;
    memoryJournal({ disk: journal.disk }).attach('r');
    log.append(settledEntry('a'));
    await Promise.resolve();
    expect(faults).toEqual([expect.stringContaining('Run `r` belongs to another journal of this process;')]);
    expect(run?.entries).toEqual([]);
  });
});
