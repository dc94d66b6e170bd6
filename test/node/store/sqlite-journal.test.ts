import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { exitCodeOf } from '../../../src/cli/exit-code.ts';
import { createSoar } from '../../../src/create-soar.ts';
import type { Journal } from '../../../src/journal/journal.ts';
import { replay } from '../../../src/journal/replay.ts';
import { thisMachine, thisProcess } from '../../../src/node/process/this-process.ts';
import { existingJournal, openSqliteJournal, sqliteJournal } from '../../../src/node/store/sqlite-journal.ts';
import type { OwnerIdentity } from '../../../src/node/store/sqlite-owners.ts';
import { MIGRATIONS, migrate, versionOf } from '../../../src/node/store/sqlite-schema.ts';
import type { AgentControls, AgentRequest } from '../../../src/types/agent.ts';
import { headerOf, journalContract, settledEntry } from '../../journal/journal-contract.ts';
import { temporaryDirectory } from '../../support/processes.ts';

const ALIVE: OwnerIdentity = { machine: thisMachine(), ...thisProcess() };
const DEAD: OwnerIdentity = { machine: thisMachine(), pid: 2 ** 22 + 1, started: '1' };
const ELSEWHERE: OwnerIdentity = { machine: 'elsewhere/boot/ns', pid: 1, started: '1' };

function openIn(dir: string, identity: OwnerIdentity = ALIVE, now: () => number = Date.now): Journal {
  const journal = openSqliteJournal({ dir, env: {} }, { identity, now });
  if (!journal) throw new Error('It was not opened.');
  onTestFinished(() => journal.close());
  return journal;
}

journalContract('a journal in SQLite', () => {
  const dir = mkdtempSync(join(tmpdir(), 'soar-machine-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return { journal: openIn(dir, DEAD), next: () => openIn(dir) };
});

describe('the owner of a run', () => {
  it('is a live process, which is named', async () => {
    const dir = await temporaryDirectory();
    openIn(dir).begin(headerOf('r'));
    const other = openIn(dir);
    expect(() => other.attach('r')).toThrow(
      expect.objectContaining({ code: 'run-owned', message: expect.stringContaining(`process ${process.pid}`) }),
    );
    expect(other.list()).toMatchObject([{ status: 'running' }]);
  });

  it('is not a process that has another one with its pid', async () => {
    const dir = await temporaryDirectory();
    openIn(dir, { ...ALIVE, started: '1' }).begin(headerOf('r'));
    expect(openIn(dir).attach('r').runId).toBe('r');
  });

  it('is believed from another machine while its heartbeat is fresh', async () => {
    const dir = await temporaryDirectory();
    const began = Date.now();
    openIn(dir, ELSEWHERE, () => began).begin(headerOf('r'));
    expect(() => openIn(dir, ALIVE, () => began + 9000).attach('r')).toThrow(
      expect.objectContaining({ code: 'run-owned', message: expect.stringContaining('on elsewhere') }),
    );
    expect(openIn(dir, ALIVE, () => began + 11_000).attach('r').runId).toBe('r');
  });

  it('writes nothing any more once another process has taken over', async () => {
    const dir = await temporaryDirectory();
    const first = openIn(dir, DEAD);
    const log = first.begin(headerOf('r'));
    const faults: unknown[] = [];
    log.failed((error) => faults.push(error));
    const next = openIn(dir);
    next.attach('r');
    log.append(settledEntry('a'));
    await Promise.resolve();
    expect(faults).toMatchObject([{ code: 'run-owned' }]);
    log.append(settledEntry('b'));
    await Promise.resolve();
    expect(next.load('r')?.entries).toEqual([]);
  });

  describe('that has lost its run while it stood still', () => {
    /** An owner that is thought dead, and another process that has taken its run. */
    async function taken() {
      const dir = await temporaryDirectory();
      const log = openIn(dir, DEAD).begin(headerOf('r'));
      const faults: Error[] = [];
      log.failed((error) => faults.push(error));
      const next = openIn(dir);
      const theirs = next.attach('r');
      const write = async () => {
        log.append(settledEntry('a'));
        await Promise.resolve();
        return faults.map(({ message }) => message);
      };
      return { dir, log, next, theirs, write, faults };
    }

    it('says whose it is now, and since when', async () => {
      const { theirs, write } = await taken();
      theirs.append({ type: 'run.resumed', at: Date.UTC(2030, 0, 1), deadlineAt: null });
      await Promise.resolve();
      expect(await write()).toEqual([
        `Run \`r\` belongs to process ${process.pid} on ${hostname()} since 2030-01-01T00:00:00.000Z; this process stops its own attempts and records nothing more.`,
      ]);
    });

    it('says that it has ended meanwhile', async () => {
      const { theirs, write } = await taken();
      const { outcomes: _, ...result } = await createSoar().run({ tasks: [] }).result;
      theirs.append({ type: 'run.settled', at: 1, result });
      await Promise.resolve();
      expect(await write()).toEqual([expect.stringContaining('has ended as succeeded (`soar show r`)')]);
    });

    it('says that it was left, and how to resume it', async () => {
      const { theirs, write } = await taken();
      theirs.release();
      expect(await write()).toEqual([expect.stringContaining('which has left it (`soar resume r` resumes it)')]);
    });

    it('says that its record is gone', async () => {
      const { dir, write } = await taken();
      const db = new DatabaseSync(join(dir, 'soar.db'));
      db.exec('DELETE FROM entries; DELETE FROM runs');
      db.close();
      expect(await write()).toEqual([expect.stringContaining('is no longer in the journal')]);
    });

    it('keeps what it has learned since to itself', async () => {
      const { dir, write } = await taken();
      await write();
      const late = openIn(dir, DEAD);
      const log = late.begin(headerOf('other'));
      openIn(dir).attach('other');
      log.append(settledEntry('a'));
      late.saveBreaker({ agentId: 'one', state: 'open', failures: [], retryAt: 1 });
      await Promise.resolve();
      late.saveBreaker({ agentId: 'two', state: 'open', failures: [], retryAt: 1 });
      await Promise.resolve();
      expect([...openIn(dir).breakers().keys()]).toEqual([]);
    });

    it('notices at its next heartbeat, although it has nothing to write', async () => {
      vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
      onTestFinished(() => {
        vi.useRealTimers();
      });
      const { faults } = await taken();
      vi.advanceTimersByTime(2000);
      expect(faults).toMatchObject([{ code: 'run-owned' }]);
    });

    it('stops its attempts, starts no other, and its result says why', async () => {
      const dir = await temporaryDirectory();
      const journal = openIn(dir, DEAD);
      const started: string[] = [];
      const ends = Promise.withResolvers<string>();
      const stopped = Promise.withResolvers<void>();
      const one = ({ taskId }: AgentRequest, { signal }: AgentControls) => {
        started.push(taskId);
        signal.addEventListener('abort', () => stopped.resolve());
        return taskId === 'ends' ? ends.promise : stopped.promise.then(() => 'late');
      };
      const soar = createSoar({ agents: { one }, journal, staggerMs: 0 });
      onTestFinished(() => soar.close());
      const tasks = [
        { id: 'ends', prompt: '' },
        { id: 'stays', prompt: '' },
        { id: 'next', prompt: '', dependsOn: ['ends'] },
      ];
      const run = soar.run({ tasks }, { runId: 'r', schedule: 'eager' });
      const both = Promise.withResolvers<void>();
      run.events$.subscribe(({ type }) => type === 'attempt.started' && started.length > 0 && both.resolve());
      await both.promise;
      await Promise.resolve();
      const next = openIn(dir);
      next.attach('r');
      const before = next.load('r')?.entries.length;
      ends.resolve('done');
      const result = await run.result;
      expect(result.error).toMatchObject({ kind: 'internal', message: expect.stringContaining('belongs to process') });
      expect(exitCodeOf(result)).toBe(1);
      expect(started.toSorted()).toEqual(['ends', 'stays']);
      expect(next.load('r')?.entries).toHaveLength(before ?? -1);
    });
  });

  it('loses one run without harm to its others', async () => {
    const dir = await temporaryDirectory();
    const first = openIn(dir, DEAD);
    const [lost, kept] = [first.begin(headerOf('lost')), first.begin(headerOf('kept'))];
    const next = openIn(dir);
    next.attach('lost');
    lost.append(settledEntry('a'));
    kept.append(settledEntry('b'));
    await Promise.resolve();
    kept.append(settledEntry('c'));
    await Promise.resolve();
    expect(next.load('lost')?.entries).toEqual([]);
    expect(next.load('kept')?.entries).toEqual([settledEntry('b'), settledEntry('c')]);
  });
});

describe('the state folder', () => {
  it('is for this user alone, and out of the sight of git', async () => {
    const dir = join(await temporaryDirectory(), 'state');
    openIn(dir);
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    expect(readFileSync(join(dir, '.gitignore'), 'utf8')).toBe('*\n');
  });

  it('is the user’s own when it holds something: git continues seeing what is in it', async () => {
    const dir = await temporaryDirectory();
    writeFileSync(join(dir, 'plan.yaml'), '');
    openIn(dir);
    expect(existsSync(join(dir, '.gitignore'))).toBe(false);
  });

  it('is not made by who only wants to read', async () => {
    const dir = join(await temporaryDirectory(), 'state');
    expect(existingJournal({ dir })).toBeNull();
    expect(() => statSync(dir)).toThrow();
  });

  it.each([
    ['below a file', (dir: string) => join(dir, 'file', 'state'), 'part of it is a file, not a folder'],
    ['a file', (dir: string) => join(dir, 'file'), 'part of it is a file, not a folder'],
    ['without a name', () => '', 'it has no name'],
    ['of a name that is too long', (dir: string) => join(dir, 'x'.repeat(300)), 'its name is too long'],
  ])('is a clear error when it is %s', async (_, at, why) => {
    const dir = await temporaryDirectory();
    writeFileSync(join(dir, 'file'), '');
    expect(() => sqliteJournal({ dir: at(dir) })).toThrow(
      expect.objectContaining({ code: 'io', message: `The state folder \`${at(dir)}\` cannot be used: ${why}.` }),
    );
  });

  it.runIf(existsSync('/proc/self'))('is a clear error where the system makes no folders', () => {
    expect(() => sqliteJournal({ dir: '/proc/soar/state' })).toThrow(expect.objectContaining({ code: 'io' }));
  });
});

describe('a store', () => {
  it('holds a large text once, however often it is said', async () => {
    const dir = await temporaryDirectory();
    const journal = openIn(dir);
    const log = journal.begin(headerOf('r'));
    const output = 'x'.repeat(500_000);
    for (let i = 0; i < 10; i += 1) log.append(settledEntry(`t${i}`, { output }));
    journal.close();
    expect(statSync(join(dir, 'soar.db')).size).toBeLessThan(800_000);
  });

  it('holds no secrets', async () => {
    const dir = await temporaryDirectory();
    const env = { MY_API_KEY: 'hunter2-hunter2', SHORT_KEY: 'ok', HOME: '/home/somebody' };
    const journal = sqliteJournal({ dir, env });
    const prompt = 'use hunter2-hunter2 in /home/somebody';
    const log = journal.begin(headerOf('r', { plan: { tasks: [{ id: 'a', prompt }] } }));
    log.append(settledEntry('a', { output: `hunter2-hunter2\nghp_${'a1'.repeat(18)}` }));
    journal.list();
    const stored = journal.load('r');
    expect(stored?.header.plan?.tasks[0]?.prompt).toBe(prompt);
    expect(stored?.entries).toMatchObject([{ report: { outcome: { output: '«masked:MY_API_KEY»\n«masked»' } } }]);
    journal.close();
    const bytes = readFileSync(join(dir, 'soar.db'), 'latin1');
    expect(bytes).not.toContain('hunter2');
    expect(bytes).not.toContain('ghp_');
    expect(bytes).toContain('/home/somebody');
  });

  it('has whole again what is run or asked anew, by the environment', async () => {
    const dir = await temporaryDirectory();
    const env = { MY_API_KEY: 'hunter2-hunter2' };
    const journal = sqliteJournal({ dir, env });
    onTestFinished(() => journal.close());
    const prompt = 'use hunter2-hunter2';
    const plan = { tasks: [{ id: 'a', prompt }] };
    const log = journal.begin(headerOf('r', { query: prompt }));
    log.append({ type: 'phase.completed', phase: 'route', output: { plan, matches: [] }, at: 1 });
    log.append({ type: 'plan.approved', plan, at: 2 });
    const call = { phase: 'synthesize', taskId: 'phase:synthesize', prompt, agentId: 'one', output: '' } as const;
    log.append({ type: 'call.settled', ...call, status: 'succeeded', error: null, attempts: [] });
    const stored = journal.load('r');
    expect(stored?.entries).toMatchObject([{ output: { plan } }, { plan }, { prompt }]);
    const later = sqliteJournal({ dir, env: {} });
    onTestFinished(() => later.close());
    expect(later.load('r')?.entries).toMatchObject([{}, { plan: { tasks: [{ prompt: 'use «masked»' }] } }, {}]);
  });

  it('gives no secret to a text that only looks as if it had been masked', async () => {
    const dir = await temporaryDirectory();
    const journal = sqliteJournal({ dir, env: { MY_API_KEY: 'hunter2-hunter2' } });
    onTestFinished(() => journal.close());
    const text = 'Send «masked:MY_API_KEY» or «masked::MY_API_KEY», not hunter2-hunter2';
    const log = journal.begin(headerOf('r', { plan: { tasks: [{ id: 'a', prompt: text }] } }));
    log.append({ type: 'phase.completed', phase: 'retrieve', output: { passages: [{ text }] }, at: 1 });
    log.append(settledEntry('a', { output: text }));
    const stored = journal.load('r');
    expect(stored?.header.plan?.tasks[0]?.prompt).toBe(text);
    const said = text.replace('hunter2-hunter2', '«masked:MY_API_KEY»');
    expect(stored?.entries).toMatchObject([
      { output: { passages: [{ text }] } },
      { report: { outcome: { output: said } } },
    ]);
  });

  it('knows a text that says it was masked from one that was', async () => {
    const dir = await temporaryDirectory();
    const journal = sqliteJournal({ dir, env: { MY_API_KEY: 'hunter2-hunter2' } });
    const shaped = `ghp_${'a1'.repeat(18)}`;
    const typed = ['say «masked»', '«masked:;»', '«masked::;»', '«masked»«masked:», «lost»'];
    const secret = ['use hunter2-hunter2', `«masked» ${shaped}`];
    const tasks = [...typed, ...secret].map((prompt, at) => ({
      id: `t${at}`,
      prompt,
      env: { [`KEY ${prompt}`]: 'x' },
    }));
    const log = journal.begin(headerOf('r', { plan: { tasks } }));
    log.append(settledEntry('a', { output: typed.join(' ') }));
    const stored = journal.load('r');
    const whole = [...typed, 'use hunter2-hunter2', '«masked» «masked»'];
    expect(stored?.header.plan?.tasks.map(({ prompt }) => prompt)).toEqual(whole);
    expect(stored?.header.plan?.tasks.map(({ env = {} }) => Object.keys(env))).toEqual(
      whole.map((text) => [`KEY ${text}`]),
    );
    expect([...(stored?.lost ?? [])]).toEqual(['«masked» «masked»', 'KEY «masked» «masked»']);
    expect(stored?.entries).toMatchObject([{ report: { outcome: { output: typed.join(' ') } } }]);
    journal.close();
    const later = sqliteJournal({ dir, env: {} });
    onTestFinished(() => later.close());
    expect([...(later.load('r')?.lost ?? [])]).toEqual([
      'use «masked»',
      'KEY use «masked»',
      '«masked» «masked»',
      'KEY «masked» «masked»',
    ]);
    expect(readFileSync(join(dir, 'soar.db'), 'latin1')).not.toContain('ghp_');
  });

  it.each([
    ['a text that says it was masked', 'Explain what «masked» and «masked:MY_API_KEY» stand for', null],
    ['a credential that is not stored', `Log in with ghp_${'a1'.repeat(18)}`, 'task `a`'],
  ])('continues with a run of which a task asks with %s, or says why it cannot', async (_, prompt, refused) => {
    const dir = await temporaryDirectory();
    const env = { MY_API_KEY: 'hunter2-hunter2' };
    const heard: string[] = [];
    const run = async (journal: ReturnType<typeof sqliteJournal>, isFirst: boolean) => {
      const agents = {
        one: async ({ prompt: said }: AgentRequest, { signal }: AgentControls) => {
          heard.push(said);
          if (isFirst) await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
          return 'done';
        },
      };
      const soar = createSoar({ agents, journal });
      try {
        if (!isFirst) return (await soar.resume('r').result).status;
        const begun = soar.run({ tasks: [{ id: 'a', prompt }] }, { runId: 'r' });
        begun.events$.subscribe(({ type }) => type === 'attempt.started' && queueMicrotask(() => begun.interrupt()));
        return (await begun.result).status;
      } finally {
        await soar.close();
        journal.close();
      }
    };
    await run(sqliteJournal({ dir, env }), true);
    const again = run(sqliteJournal({ dir, env }), false);
    if (refused === null) {
      expect(await again).toBe('succeeded');
      expect(heard.at(-1)).toBe(prompt);
    } else
      await expect(again).rejects.toMatchObject({ code: 'not-supported', message: expect.stringContaining(refused) });
  });

  it.each([
    ['is not SQLite', () => 'something else entirely, and long enough for a header'],
    ['is cut off', (whole: Buffer) => whole.subarray(0, Math.floor(whole.length / 2))],
    ['is overwritten in the middle', (whole: Buffer) => Buffer.from(whole).fill(0x5a, 4096, 12_288)],
  ])('that %s is a clear error and stays as it is', async (_, damage) => {
    const dir = await temporaryDirectory();
    const path = join(dir, 'soar.db');
    const journal = openIn(dir);
    const log = journal.begin(headerOf('r'));
    for (let i = 0; i < 200; i += 1) log.append(settledEntry(`t${i}`));
    journal.close();
    const damaged = Buffer.from(damage(readFileSync(path)));
    writeFileSync(path, damaged);
    expect(() => sqliteJournal({ dir })).toThrow(
      expect.objectContaining({ code: 'io', message: expect.stringContaining(path) }),
    );
    expect(readFileSync(path).equals(damaged)).toBe(true);
  });

  it('holds no secrets in what it keeps for later runs, and no answer that had one', async () => {
    const dir = await temporaryDirectory();
    const journal = sqliteJournal({ dir, env: { MY_API_KEY: 'hush-hush-hush' } });
    onTestFinished(() => journal.close());
    const about = { agentId: 'one', runId: 'r', taskId: 'a', at: 1000 };
    journal.answers.save({ ...about, key: 'k1', output: 'the key is hush-hush-hush' });
    journal.answers.save({ ...about, key: 'k2', output: 'fine', data: { token: `ghp_${'a1'.repeat(18)}` } });
    journal.answers.save({ ...about, key: 'k3', output: 'fine' });
    const found = ['k1', 'k2', 'k3'].map((key) => journal.answers.find(key, 1000)?.output);
    expect(found).toEqual([undefined, undefined, 'fine']);
    journal.close();
    for (const name of ['soar.db', 'soar.db-wal'].filter((one) => existsSync(join(dir, one)))) {
      expect(readFileSync(join(dir, name), 'latin1')).not.toContain('hush-hush');
    }
  });

  it('of a newer version is a clear error and stays as it is', async () => {
    const dir = await temporaryDirectory();
    const path = join(dir, 'soar.db');
    openIn(dir).close();
    const db = new DatabaseSync(path);
    db.exec('UPDATE schema_version SET version = 99');
    db.close();
    const before = readFileSync(path);
    expect(() => sqliteJournal({ dir })).toThrow(
      expect.objectContaining({ code: 'io', message: expect.stringContaining('newer version') }),
    );
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('of another program is a clear error', async () => {
    const dir = await temporaryDirectory();
    const db = new DatabaseSync(join(dir, 'soar.db'));
    db.exec('CREATE TABLE theirs (x)');
    db.close();
    expect(() => sqliteJournal({ dir })).toThrow(expect.objectContaining({ code: 'io' }));
  });

  it('that the first version wrote can be read and resumed', async () => {
    const dir = await temporaryDirectory();
    const db = new DatabaseSync(join(dir, 'soar.db'));
    db.exec(readFileSync(join(import.meta.dirname, '../../fixtures/store-v1.sql'), 'utf8'));
    db.close();
    const journal = openIn(dir);
    expect(journal.list()).toEqual([
      {
        runId: 'stored-by-v1',
        goal: 'Outlive the version',
        query: null,
        status: 'interrupted',
        startedAt: 1000,
        endedAt: null,
        tasks: 4,
        settled: 1,
      },
    ]);
    const stored = journal.load('stored-by-v1');
    if (!stored) throw new Error('It is gone.');
    const run = replay(stored, 2000);
    expect(run.settled.map(({ outcome }) => [outcome.taskId, outcome.status, outcome.output.length])).toEqual([
      ['large', 'succeeded', 9000],
    ]);
    expect([...run.tasks].map(([taskId, { state, attempts }]) => [taskId, state, attempts.length])).toEqual([
      ['sleeps', 'retrying', 1],
      ['runs', 'staggered', 1],
    ]);
    expect(run.spent).toEqual({ attempts: 3, tokens: 7, costUsd: 0 });
    expect([...journal.breakers().values()]).toMatchObject([{ agentId: 'one', state: 'closed', failures: [{}] }]);
    expect([...journal.paces()]).toEqual([]);
    const answer = { key: 'k', agentId: 'one', runId: 'stored-by-v1', taskId: 'large', at: 2000, output: 'ok' };
    journal.answers.save(answer);
    expect(journal.answers.find('k', 2000)).toEqual(answer);
    expect(journal.attach('stored-by-v1').runId).toBe('stored-by-v1');
  });

  it('is brought to the next version with what it holds', () => {
    const db = new DatabaseSync(':memory:');
    migrate(db);
    db.exec("INSERT INTO breakers VALUES ('one', '{}')");
    migrate(db, [...MIGRATIONS, 'ALTER TABLE breakers ADD COLUMN more TEXT']);
    expect(versionOf(db)).toBe(MIGRATIONS.length + 1);
    expect(db.prepare('SELECT * FROM breakers').all()).toEqual([{ agent: 'one', body: '{}', more: null }]);
    db.close();
  });

  it('stays at its version when a migration fails', () => {
    const db = new DatabaseSync(':memory:');
    migrate(db);
    expect(() => migrate(db, [...MIGRATIONS, 'ALTER TABLE breakers ADD COLUMN more TEXT; nonsense'])).toThrow();
    expect(versionOf(db)).toBe(MIGRATIONS.length);
    expect(Object.keys(db.prepare('SELECT * FROM breakers').columns())).toHaveLength(2);
    db.close();
  });
});
