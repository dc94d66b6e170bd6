import { describe, expect, it } from 'vitest';
import { ANSWER_TTL_MS, MAX_ANSWERS } from '../../src/journal/answers.ts';
import type { Journal } from '../../src/journal/journal.ts';
import type { LogEntry, RunHeader } from '../../src/run/entries.ts';
import { COLLECT_SETTINGS } from '../../src/run/settings.ts';
import { NO_NOTES } from '../../src/run/task-report.ts';
import type { TaskOutcome } from '../../src/types/task.ts';

export const NO_METADATA = {
  totalTasks: 0,
  succeeded: 0,
  failed: 0,
  cancelled: 0,
  skipped: 0,
  waves: [],
  fallbackCount: 0,
  retriedTasks: [],
  circuitBlocked: [],
  earlyTerminations: [],
  breakers: {},
  rateLimits: [],
  heartbeats: [],
  phases: [],
  cacheHits: 0,
  usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
  peakConcurrency: 0,
  totalDurationMs: 0,
  criticalPathMs: 0,
};

export function headerOf(runId: string, more: Partial<RunHeader> = {}): RunHeader {
  return { runId, startedAt: 1000, settings: COLLECT_SETTINGS, plan: { tasks: [] }, ...more };
}

export function settledEntry(taskId: string, more: Partial<TaskOutcome> = {}): LogEntry {
  const outcome: TaskOutcome = {
    taskId,
    agentId: 'one',
    status: 'succeeded',
    via: 'agent',
    output: 'ok',
    outputTruncated: false,
    error: null,
    attempts: [],
    wave: 1,
    partialContext: false,
    queuedMs: 0,
    startedAt: 1000,
    settledAt: 2000,
    durationMs: 1000,
    ...more,
  };
  return { type: 'task.settled', report: { outcome, notes: NO_NOTES } };
}

export const COMPILED: LogEntry = {
  type: 'plan.compiled',
  at: 1000,
  tasks: 3,
  ticked: 1,
  deadlineAt: 9000,
  budgetAt: null,
};

export const END: LogEntry = {
  type: 'run.settled',
  at: 5000,
  result: { runId: 'r', status: 'partial', metadata: NO_METADATA },
};

/** What every journal does. `next` gives the journal that a process opens once the one before it is dead. */
export function journalContract(name: string, open: () => { journal: Journal; next: () => Journal }): void {
  describe(name, () => {
    const committed = (journal: Journal) => journal.list();

    it('gives back what was committed, in order', () => {
      const { journal, next } = open();
      const log = journal.begin(headerOf('r', { goal: 'Ship', contextFiles: ['a.md'] }));
      log.append(COMPILED);
      log.append(settledEntry('a'));
      committed(journal);
      const stored = next().load('r');
      expect(stored?.header).toEqual(headerOf('r', { goal: 'Ship', contextFiles: ['a.md'] }));
      expect(stored?.entries).toEqual([COMPILED, settledEntry('a')]);
    });

    it('commits by itself at the end of the turn, and calls back then', async () => {
      const { journal, next } = open();
      const log = journal.begin(headerOf('r'));
      const heard: string[] = [];
      log.append(settledEntry('a'));
      expect(log.isDirty).toBe(true);
      log.committed(() => heard.push('durable'));
      expect(heard).toEqual([]);
      await Promise.resolve();
      expect(heard).toEqual(['durable']);
      expect(log.isDirty).toBe(false);
      log.committed(() => heard.push('at once'));
      expect(heard).toEqual(['durable', 'at once']);
      expect(next().load('r')?.entries).toHaveLength(1);
    });

    it('lists runs, newest first, with how far they are', () => {
      const { journal, next } = open();
      const log = journal.begin(headerOf('r', { goal: 'Ship' }));
      log.append(COMPILED);
      log.append(settledEntry('a'));
      journal.begin(headerOf('q', { startedAt: 3000, query: 'Why?' }));
      expect(journal.list()).toEqual([
        {
          runId: 'q',
          goal: null,
          query: 'Why?',
          status: 'running',
          startedAt: 3000,
          endedAt: null,
          tasks: 0,
          settled: 0,
        },
        {
          runId: 'r',
          goal: 'Ship',
          query: null,
          status: 'running',
          startedAt: 1000,
          endedAt: null,
          tasks: 3,
          settled: 2,
        },
      ]);
      expect(
        next()
          .list()
          .map(({ status }) => status),
      ).toEqual(['interrupted', 'interrupted']);
    });

    it('keeps answers by key, the newest of each, whatever their size', () => {
      const { journal, next } = open();
      const about = { agentId: 'one', runId: 'r', taskId: 'a' };
      const large = { ...about, key: 'k1', at: 1000, output: 'long '.repeat(10_000), data: { n: [1, null] } };
      journal.answers.save({ ...large, output: 'older', at: 500 });
      journal.answers.save(large);
      journal.answers.save({ ...about, key: 'k2', at: 2000, output: 'short', usage: { totalTokens: 3 } });
      expect(journal.answers.find('k1', 2000)).toEqual(large);
      const later = next();
      expect(later.answers.find('k1', 2000)).toEqual(large);
      expect(later.answers.find('k2', 2000)).toMatchObject({ output: 'short', usage: { totalTokens: 3 } });
      expect(later.answers.find('k3', 2000)).toBeNull();
    });

    it('finds no answer that is a week old', () => {
      const { journal } = open();
      journal.answers.save({ key: 'k', agentId: 'one', runId: 'r', taskId: 'a', at: 1000, output: 'ok' });
      expect(journal.answers.find('k', 1000 + ANSWER_TTL_MS - 1)?.output).toBe('ok');
      expect(journal.answers.find('k', 1000 + ANSWER_TTL_MS)).toBeNull();
    });

    it('keeps the newest thousand answers', () => {
      const { journal } = open();
      const about = { agentId: 'one', runId: 'r', taskId: 'a', output: 'ok' };
      for (let n = 0; n < MAX_ANSWERS + 2; n += 1) journal.answers.save({ ...about, key: `k${n}`, at: 1000 + n });
      expect(['k0', 'k1', 'k2', `k${MAX_ANSWERS + 1}`].map((key) => journal.answers.find(key, 3000)?.output)).toEqual([
        undefined,
        undefined,
        'ok',
        'ok',
      ]);
    });

    it('keeps nothing once it is closed, and finds nothing', () => {
      const { journal } = open();
      const answer = { key: 'k', agentId: 'one', runId: 'r', taskId: 'a', at: 1000, output: 'ok' };
      journal.answers.save(answer);
      journal.close();
      journal.answers.save({ ...answer, key: 'k2' });
      expect(journal.answers.find('k', 1000)).toBeNull();
    });

    it('knows how a run has ended', () => {
      const { journal } = open();
      const log = journal.begin(headerOf('r'));
      log.append(END);
      expect(journal.list()).toMatchObject([{ status: 'partial', endedAt: 5000 }]);
    });

    it('leaves a run that was interrupted to the process that resumes it', () => {
      const { journal } = open();
      const log = journal.begin(headerOf('r'));
      log.append({ type: 'run.interrupted', at: 2000, reason: 'Ctrl-C' });
      expect(journal.list()).toMatchObject([{ status: 'interrupted', endedAt: null }]);
      const again = journal.attach('r');
      again.append({ type: 'run.resumed', at: 3000, deadlineAt: null });
      expect(journal.list()).toMatchObject([{ status: 'running' }]);
      expect(journal.load('r')?.entries.map(({ type }) => type)).toEqual(['run.interrupted', 'run.resumed']);
    });

    it('does not settle what an interrupt stopped, only keeps its attempts', () => {
      const { journal } = open();
      const log = journal.begin(headerOf('r'));
      log.interrupt();
      const error = { kind: 'cancelled', message: 'Ctrl-C', retryable: false } as const;
      const attempt = {
        n: 1,
        agentId: 'one',
        key: 'r/a/1',
        startedAt: 1,
        endedAt: 2,
        result: 'cancelled',
        error,
      } as const;
      log.append(settledEntry('a', { status: 'cancelled', error, attempts: [attempt] }));
      log.append(settledEntry('b', { status: 'cancelled', error }));
      log.append(settledEntry('c'));
      committed(journal);
      expect(journal.load('r')?.entries).toEqual([
        { type: 'task.interrupted', taskId: 'a', attempts: [attempt] },
        settledEntry('c'),
      ]);
    });

    it('begins no second run of one id', () => {
      const { journal } = open();
      journal.begin(headerOf('r'));
      expect(() => journal.begin(headerOf('r'))).toThrow(expect.objectContaining({ code: 'invalid-options' }));
    });

    it('gives a run to no other process while it is owned, and to the next once it is not', () => {
      const { journal, next } = open();
      const log = journal.begin(headerOf('r'));
      expect(() => journal.attach('r')).toThrow(expect.objectContaining({ code: 'run-owned' }));
      log.release();
      expect(journal.attach('r').runId).toBe('r');
      expect(next().attach('r').runId).toBe('r');
    });

    it('knows nothing of other runs', () => {
      const { journal } = open();
      expect(journal.load('x')).toBeNull();
      expect(() => journal.attach('x')).toThrow(expect.objectContaining({ code: 'unknown-run' }));
    });

    it('keeps what breakers are left as', () => {
      const { journal, next } = open();
      const breaker = { agentId: 'one', state: 'open', failures: [{ at: 5, kind: 'exit' }], retryAt: 9 } as const;
      journal.saveBreaker({ ...breaker, state: 'closed' });
      journal.saveBreaker(breaker);
      committed(journal);
      expect([...next().breakers()]).toEqual([['one', breaker]]);
    });

    it('keeps how providers are asked', () => {
      const { journal, next } = open();
      const pace = { provider: 'p', lastStart: 5, extraMs: 1.5, coolUntil: 30, cooledAt: 6, streak: 1, at: 6 };
      journal.savePace({ ...pace, extraMs: 0 });
      journal.savePace(pace);
      committed(journal);
      journal.savePace({ ...pace, lastStart: 7, extraMs: 0, coolUntil: null, cooledAt: null, streak: 0, at: 7 });
      committed(journal);
      expect([...next().paces()]).toEqual([['p', { ...pace, lastStart: 7, at: 7 }]]);
    });

    it('keeps large texts whole', () => {
      const { journal, next } = open();
      const log = journal.begin(headerOf('r'));
      const output = `${'ä"\\\n'.repeat(5000)}.`;
      log.append(settledEntry('a', { output, data: { $sha256: 'not ours', deep: [output] } }));
      committed(journal);
      expect(next().load('r')?.entries).toEqual([
        settledEntry('a', { output, data: { $sha256: 'not ours', deep: [output] } }),
      ]);
    });

    it('keeps what JSON can say of data that it cannot', () => {
      const { journal, next } = open();
      const log = journal.begin(headerOf('r'));
      const data: Record<string, unknown> = { big: 10n };
      data.self = data;
      log.append(settledEntry('a', { data }));
      committed(journal);
      expect(next().load('r')?.entries).toEqual([settledEntry('a', { data: { big: '10', self: '[circular]' } })]);
    });

    it('takes nothing any more once it is closed', () => {
      const { journal } = open();
      const log = journal.begin(headerOf('r'));
      journal.close();
      journal.close();
      log.append(settledEntry('a'));
      expect(() => journal.begin(headerOf('s'))).toThrow(expect.objectContaining({ code: 'io' }));
      expect(() => journal.list()).toThrow(expect.objectContaining({ code: 'io' }));
    });
  });
}
