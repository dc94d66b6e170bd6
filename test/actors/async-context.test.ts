import { AsyncLocalStorage } from 'node:async_hooks';
import { tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { type AnyActorLogic, fromPromise } from 'xstate';
import { createSoar } from '../../src/create-soar.ts';
import { AgentError } from '../../src/errors/agent-error.ts';
import { memoryJournal } from '../../src/journal/memory-journal.ts';
import type { RunHandle } from '../../src/run-handle.ts';
import type { Soar, SoarOptions } from '../../src/soar-types.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import type { AgentFunction } from '../../src/types/agent.ts';

const users = new AsyncLocalStorage<string>();
const USERS = Array.from({ length: 20 }, (_, n) => `user-${n}`);

/** Starts a run for each user, in that user's context, and gives the calls that saw another user's. */
async function strangers(
  options: (saw: (owner: string, place: string) => void) => SoarOptions,
  start: (soar: Soar, user: string) => RunHandle,
): Promise<{ seen: Map<string, number>; wrong: string[] }> {
  const clock = new VirtualClock();
  const seen = new Map<string, number>();
  const wrong: string[] = [];
  const saw = (owner: string, place: string) => {
    seen.set(place, (seen.get(place) ?? 0) + 1);
    if (users.getStore() !== owner) wrong.push(`${place} of ${owner} saw ${users.getStore()}`);
  };
  const soar = createSoar({ maxConcurrent: 2, clock, policy: { breaker: { enabled: false } }, ...options(saw) });
  const runs = USERS.map((user) => users.run(user, () => start(soar, user)));
  await clock.settle(Promise.all(runs.map(({ result }) => result)));
  await soar.close();
  return { seen, wrong };
}

const owner = (runId: string) => runId;
const plan = (agent: string, more: object = {}) => ({ tasks: [{ id: 'a', prompt: '', agent, ...more }] });
const wait = (signal: AbortSignal) =>
  new Promise<string>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

type Saw = (owner: string, place: string) => void;

const journeys: Record<string, { agents: (saw: Saw) => SoarOptions; plan: object; places: Record<string, number> }> = {
  'retries, and the fallback after them': {
    agents: (saw) => ({
      agents: {
        main: ({ runId, attempt }) => {
          saw(owner(runId), `attempt ${attempt}`);
          throw new AgentError('connection', 'lost');
        },
        spare: async ({ runId }) => {
          saw(owner(runId), 'fallback');
          await null;
          saw(owner(runId), 'fallback, later');
          return 'ok';
        },
      },
      fallback: 'spare',
      retries: 2,
    }),
    plan: plan('main'),
    places: { 'attempt 1': 20, fallback: 20, 'fallback, later': 20 },
  },
  'the wake-up after a rate limit': {
    agents: (saw) => {
      const limited = new Set<string>();
      const main: AgentFunction = ({ runId }) => {
        saw(owner(runId), limited.has(runId) ? 'after cooling' : 'limited');
        if (limited.has(runId)) return 'ok';
        limited.add(runId);
        throw new AgentError('rate_limited', 'HTTP 429', { retryAfterMs: 1000 });
      };
      return { agents: { main } };
    },
    plan: plan('main'),
    places: { limited: 20, 'after cooling': 20 },
  },
  'the abort of a clock that is due': {
    agents: (saw) => ({
      agents: {
        main: async ({ runId }, { signal }) => {
          signal.addEventListener('abort', () => saw(owner(runId), 'abort'));
          return wait(signal);
        },
      },
      retries: 0,
    }),
    plan: plan('main', { timeoutMs: 100 }),
    places: { abort: 20 },
  },
  'an agent that changes the store for itself': {
    agents: (saw) => ({
      agents: {
        main: ({ runId, taskId }, { output }) => {
          saw(owner(runId), taskId);
          return users.run('nobody', async () => {
            output('hello');
            return 'ok';
          });
        },
      },
    }),
    plan: {
      tasks: [
        { id: 'a', prompt: '' },
        { id: 'b', prompt: '', dependsOn: ['a'] },
      ],
    },
    places: { a: 20, b: 20 },
  },
};

describe('20 users on one engine', () => {
  for (const [title, { agents, plan: given, places }] of Object.entries(journeys)) {
    for (const journaled of [false, true]) {
      it(`see their own store in ${title}${journaled ? ', with a journal' : ''}`, async () => {
        const journal = journaled ? { journal: memoryJournal() } : {};
        const { seen, wrong } = await strangers(
          (saw) => ({ ...agents(saw), ...journal }),
          (soar, runId) => soar.run(given as never, { runId }),
        );
        expect(wrong).toEqual([]);
        expect(Object.fromEntries(seen)).toMatchObject(places);
      });
    }
  }

  it('see their own store in phases, and in the actors that stand in for phases', async () => {
    const { seen, wrong } = await strangers(
      (saw) => {
        const named = (place: string, found: unknown): AnyActorLogic =>
          fromPromise(async ({ input }: { input: { query: string } }) => {
            saw(input.query, place);
            return found;
          });
        const synthesis = { answer: 'yes', confidence: 1, sources: [] };
        return {
          agents: {
            main: ({ runId }) => {
              saw(owner(runId), 'agent');
              return 'ok';
            },
          },
          phases: {
            assess: ({ query }) => {
              saw(query, 'assess');
              return { complexity: 'simple', score: 0, confidence: 1, reasons: [] } as never;
            },
            retrieve: named('retrieve', { passages: [], budget: 0, searched: 0, notes: [] }),
            decompose: async ({ query }, { call }) => {
              const { output } = await call({ name: 'x', prompt: '', agentId: 'main' });
              saw(query, 'decompose');
              return { goal: output, subgoals: [{ id: 'a', title: '', prompt: '', dependsOn: [] }], notes: [] };
            },
            synthesize: named('synthesize', synthesis),
          },
        };
      },
      (soar, runId) => soar.ask(runId, { runId }),
    );
    expect(wrong).toEqual([]);
    expect(Object.fromEntries(seen)).toEqual({ assess: 20, retrieve: 20, decompose: 20, agent: 40, synthesize: 20 });
  });

  const endings: Record<string, SoarOptions> = {
    'a refusal that another run has brought about': {
      maxConcurrent: 1,
      retries: 0,
      policy: { breaker: { failureThreshold: 1 } },
    },
    'a budget of time that was spent waiting': { staggerMs: 60_000, budget: { timeMs: 1000 }, retries: 0 },
  };
  for (const [title, more] of Object.entries(endings)) {
    it(`see their own store in the phase after ${title}`, async () => {
      const { seen, wrong } = await strangers(
        (saw) => ({
          agents: { main: () => Promise.reject(new Error('no')) },
          phases: {
            synthesize: fromPromise(async ({ input }: { input: { query: string } }) => {
              saw(input.query, 'synthesize');
              return { answer: 'no', confidence: 0, sources: [] };
            }),
          },
          ...more,
        }),
        (soar, runId) => soar.ask(runId, { runId }),
      );
      expect(wrong).toEqual([]);
      expect(seen.get('synthesize')).toBe(20);
    });
  }

  it('see their own store after their runs were resumed', async () => {
    const clock = new VirtualClock();
    const before = memoryJournal();
    const crashed = createSoar({ agents: { main: (_, { signal }) => wait(signal) }, journal: before, clock });
    for (const runId of USERS) crashed.run(plan('main'), { runId });
    await clock.advance(0);
    const journal = before.crash();
    const { seen, wrong } = await strangers(
      (saw) => ({
        agents: {
          main: ({ runId }) => {
            saw(owner(runId), 'resumed');
            return 'ok';
          },
        },
        journal,
      }),
      (soar, runId) => soar.resume(runId),
    );
    expect(wrong).toEqual([]);
    expect(seen.get('resumed')).toBe(20);
  });
});

describe('a subscriber', () => {
  it('is called in the context in which it subscribed, with the operators before it', async () => {
    const clock = new VirtualClock();
    const journal = memoryJournal();
    const main: AgentFunction = (_, { heartbeat }) => {
      heartbeat();
      return 'ok';
    };
    const soar = createSoar({ agents: { main }, clock, journal });
    const run = users.run('caller', () => soar.run(plan('main')));
    const stores: Record<string, Set<string | undefined>> = {};
    const note = (place: string) => {
      stores[place] ??= new Set();
      stores[place].add(users.getStore());
    };
    users.run('reader', () => {
      run.events$.pipe(tap(() => note('operator'))).subscribe(() => note('events$'));
      run.progress$.subscribe({ next: () => note('progress$'), complete: () => note('complete') });
      run.heartbeats$.subscribe(() => note('heartbeats$'));
      run.actor.subscribe(() => note('actor'));
    });
    await clock.settle(run.result);
    for (const place of ['operator', 'events$', 'progress$', 'complete', 'heartbeats$', 'actor'])
      expect([place, ...(stores[place] ?? [])]).toEqual([place, 'reader']);
  });
});

describe('what all runs share', () => {
  it('carries the store of none of them into its timers and commits', async () => {
    const stores = new Map<string, Set<string | undefined>>();
    const note = (place: string) => stores.set(place, (stores.get(place) ?? new Set()).add(users.getStore()));
    const virtual = new VirtualClock();
    const clock = {
      now: () => virtual.now(),
      setTimeout: (fn: () => void, ms: number) => {
        note('timer');
        return virtual.setTimeout(fn, ms);
      },
      clearTimeout: (handle: unknown) => virtual.clearTimeout(handle as never),
    };
    class Noting<V> extends Map<string, V> {
      override set(key: string, value: V) {
        note('commit');
        return super.set(key, value);
      }
    }
    const { disk } = memoryJournal();
    const journal = memoryJournal({ disk: { ...disk, breakers: new Noting(), paces: new Noting() } });
    const soar = createSoar({
      agents: {
        main: { run: ({ attempt }) => (attempt === 1 ? Promise.reject(new Error('no')) : 'ok'), staggerMs: 50 },
      },
      clock,
      journal,
    });
    const runs = USERS.map((user) => users.run(user, () => soar.run(plan('main'))));
    await virtual.settle(Promise.all(runs.map(({ result }) => result)));
    expect(Object.fromEntries(stores)).toEqual({ timer: new Set([undefined]), commit: new Set([undefined]) });
  });
});
