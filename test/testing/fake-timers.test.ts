import { afterEach, describe, expect, it, vi } from 'vitest';
import { createSoar } from '../../src/create-soar.ts';
import { AgentError } from '../../src/errors/agent-error.ts';
import { memoryJournal } from '../../src/journal/memory-journal.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import type { AgentFunction } from '../../src/types/agent.ts';

type Fakes = NonNullable<Parameters<typeof vi.useFakeTimers>[0]>['toFake'];

const TIMERS: Fakes = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'];
const VARIATIONS: Record<string, Fakes> = {
  'what vitest fakes by default': undefined,
  'timers, Date and performance': TIMERS,
  'queueMicrotask, too': [...(TIMERS ?? []), 'queueMicrotask'],
  'setImmediate, too': [...(TIMERS ?? []), 'setImmediate', 'clearImmediate', 'queueMicrotask'],
};
const FAKES = Object.entries(VARIATIONS);
const plan = {
  tasks: [
    { id: 'a', prompt: '' },
    { id: 'b', prompt: '', dependsOn: ['a'] },
  ],
};

function flaky(): AgentFunction {
  const failed = new Set<string>();
  return ({ taskId }) => {
    if (failed.has(taskId)) return 'ok';
    failed.add(taskId);
    throw new AgentError('connection', 'lost');
  };
}

afterEach(() => {
  vi.useRealTimers();
});

describe('fake timers of vitest', () => {
  for (const [title, toFake] of FAKES) {
    for (const journaled of [false, true]) {
      const options = () => ({ random: () => 0.5, ...(journaled ? { journal: memoryJournal() } : {}) });
      const how = `${title}${journaled ? ', with a journal' : ''}`;

      it(`let a run that waits for nothing end: ${how}`, async () => {
        vi.useFakeTimers(toFake ? { toFake } : {});
        const { result } = createSoar({ agents: { main: () => 'ok' }, ...options() }).run(plan);
        expect((await result).status).toBe('succeeded');
      });

      it(`move a run through its retries: ${how}`, async () => {
        vi.useFakeTimers(toFake ? { toFake } : {});
        const { result } = createSoar({ agents: { main: flaky() }, ...options() }).run(plan);
        await vi.advanceTimersByTimeAsync(60_000);
        expect((await result).metadata.retriedTasks).toHaveLength(2);
      });
    }

    it(`leave the virtual clock alone: ${title}`, async () => {
      vi.useFakeTimers(toFake ? { toFake } : {});
      const clock = new VirtualClock();
      const { result } = createSoar({ agents: { main: flaky() }, clock }).run(plan);
      expect((await clock.settle(result)).status).toBe('succeeded');
    });
  }

  it('that fake timeouts and leave performance real hold a wait back until the real time has come', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let isOver = false;
    const run = createSoar({ agents: { main: flaky() } }).run(plan);
    run.result.then(() => {
      isOver = true;
    });
    await vi.advanceTimersByTimeAsync(500);
    expect(isOver).toBe(false);
    run.cancel();
    await run.result;
  });
});
