import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Journal } from '../../../src/index.ts';
import { storedRun } from '../../../src/journal/resume.ts';
import { existingJournal } from '../../../src/node/store/sqlite-journal.ts';
import { journalSource } from '../../../src/node/view/journal-source.ts';
import { DAMAGE, DAMAGED, HEALTHY, makeStores, ROWS, type Stores } from '../../support/damaged-stores.ts';

let stores: Stores;
beforeAll(async () => {
  stores = await makeStores();
});
afterAll(() => stores.remove());

function opened<T>(dir: string, use: (journal: Journal) => T): T {
  const journal = existingJournal({ dir }) as Journal;
  try {
    return use(journal);
  } finally {
    journal.close();
  }
}

describe('A damaged run', () => {
  it.each(DAMAGE)('with %s is named in the error of what reads it', (_, sql, says) => {
    const dir = stores.damaged(sql);
    const start = `Run \`${DAMAGED}\` in ${join(dir, 'soar.db')} `;
    opened(dir, (journal) => {
      for (const read of [
        () => journal.load(DAMAGED),
        () => storedRun(journal, DAMAGED, Date.now()),
        () => journalSource(journal, DAMAGED),
      ]) {
        expect(read).toThrow(expect.objectContaining({ code: 'io', message: expect.stringContaining(start) }));
        expect(read).toThrow(says);
        expect(read).toThrow('It was left as it is');
      }
      expect(journal.list().map(({ runId }) => runId)).toEqual([DAMAGED, HEALTHY]);
    });
  });

  it.each(ROWS)('with %s in its line is left out of the list', (_, sql) => {
    opened(stores.damaged(sql), (journal) => {
      expect(journal.list().map(({ runId }) => runId)).toEqual([HEALTHY]);
      expect(journal.damaged?.()).toEqual([DAMAGED]);
      expect(() => journal.load(DAMAGED)).toThrow('its line in the list of runs is not as expected');
      expect(() => journal.attach(DAMAGED)).toThrow('its line in the list of runs is not as expected');
      expect(() => journalSource(journal, DAMAGED)).toThrow('its line in the list of runs is not as expected');
    });
  });

  it('is whole before it is damaged', () => {
    opened(stores.damaged(''), (journal) => {
      expect(storedRun(journal, DAMAGED, Date.now()).end?.status).toBe('succeeded');
      expect(journal.damaged?.()).toEqual([]);
    });
  });
});

describe('Damaged rows of no run', () => {
  it('are passed over', () => {
    const dir = stores.damaged(`
      INSERT INTO owners VALUES ('x', x'00', 9223372036854775807, x'00', 'never');
      UPDATE runs SET owner = 'x' WHERE id = '${HEALTHY}';
      INSERT INTO breakers VALUES ('cat', '{'), ('dog', 'null'), ('cow', '{"failures":5}');
      INSERT INTO paces VALUES ('cat', 'null'), ('dog', '[]');
      INSERT INTO answers VALUES ('k', 1, 'null'), ('l', 1, '{');
      INSERT INTO records VALUES ('q', 1, 'null'), ('r', 2, '{"query":5}'), ('s', 3, '{'), ('t', 4, x'00');`);
    opened(dir, (journal) => {
      expect(journal.list()).toHaveLength(2);
      expect(journal.breakers()).toEqual(new Map());
      expect(journal.paces()).toEqual(new Map());
      expect(journal.answers.find('k', 2)).toBeNull();
      expect(journal.answers.find('l', 2)).toBeNull();
      journal.savePace({
        provider: 'cat',
        lastStart: 1,
        extraMs: 0,
        coolUntil: null,
        cooledAt: null,
        streak: 0,
        at: 1,
      });
      journal.attach(HEALTHY).release();
    });
    opened(dir, (journal) => expect(journal.paces().get('cat')).toMatchObject({ at: 1 }));
  });
});
