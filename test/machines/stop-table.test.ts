import { describe, expect, it } from 'vitest';
import { createSoar } from '../../src/create-soar.ts';
import { memoryJournal } from '../../src/journal/memory-journal.ts';
import type { TaskSpec } from '../../src/plan/types.ts';
import type { RunOptions, SoarOptions } from '../../src/soar-types.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { type Step, scriptedAgent } from '../support/scripted-agent.ts';
import {
  fragile,
  ONE_TRY,
  onceSettled,
  outcomeOf,
  retrying,
  task,
  type Watched,
  watch,
} from '../support/watched-run.ts';

/** When it is stopped, and how long an agent takes to end once it is asked to. */
const AT = 200;
const DYING_MS = 300;
/** Ends by itself, long after. */
const WORKS: Step = { ms: 5000, dyingMs: DYING_MS };

interface Situation {
  /** The state task `a` is in when it is stopped. */
  state: string;
  tasks: TaskSpec[];
  script: Record<string, Step[]>;
  fallbackScript?: Step[];
  options?: SoarOptions;
  /** Whether an attempt of `a` is in flight. */
  works?: boolean;
  /** Asked to stop once before. */
  isStopping?: boolean;
}

const hog = task('hog', { agent: 'two' });
const IDLE = { preset: 'patient' as const, clocks: { idleTimeoutMs: 50 }, breaker: { enabled: false } };

const SITUATIONS: Record<string, Situation> = {
  'staggered, without a lease': {
    state: 'staggered',
    tasks: [task('other'), task('a')],
    script: { other: [WORKS], a: [WORKS] },
    options: { limits: { perAgent: { one: 1 } } },
  },
  'staggered, in the gap': {
    state: 'staggered',
    tasks: [task('other'), task('a')],
    script: { other: [WORKS], a: [WORKS] },
    options: { staggerMs: 60_000 },
  },
  running: { state: 'running', tasks: [task('a')], script: { a: [WORKS] }, works: true },
  'running, as the probe of a breaker': {
    state: 'running',
    tasks: [task('first'), task('a', onceSettled('first'))],
    script: { first: [{ fail: 'transient' }], a: [WORKS] },
    options: { policy: fragile({ resetTimeoutMs: 100, onOpen: 'wait' }) },
    works: true,
  },
  stalled: { state: 'stalled', tasks: [task('a')], script: { a: [WORKS] }, options: { policy: IDLE }, works: true },
  stopping: {
    state: 'stopping',
    tasks: [task('a', { timeoutMs: 100 })],
    script: { a: [{ hang: true, dyingMs: DYING_MS }] },
    works: true,
  },
  retrying: {
    state: 'retrying',
    tasks: [task('a')],
    script: { a: [{ fail: 'transient' }, WORKS] },
    options: { policy: retrying(3, 10_000) },
  },
  cooling: {
    state: 'cooling',
    tasks: [task('a')],
    script: { a: [{ fail: 'rate_limited', details: { retryAfterMs: 30_000 } }, WORKS] },
  },
  circuitOpen: {
    state: 'circuitOpen',
    tasks: [task('first'), task('a', onceSettled('first'))],
    script: { first: [{ fail: 'transient' }], a: [WORKS] },
    options: { policy: fragile({ onOpen: 'wait' }) },
  },
  'fallback.waiting': {
    state: 'fallback.waiting',
    tasks: [hog, task('a')],
    script: { a: [{ ms: 100, fail: 'auth' }] },
    fallbackScript: [WORKS],
    options: { fallback: 'two', limits: { perAgent: { two: 1 } } },
  },
  'fallback.running': {
    state: 'fallback.running',
    tasks: [task('a')],
    script: { a: [{ ms: 100, fail: 'auth' }] },
    fallbackScript: [WORKS],
    options: { fallback: 'two' },
    works: true,
  },
  cancelling: { state: 'cancelling', tasks: [task('a')], script: { a: [WORKS] }, works: true, isStopping: true },
  'cancelling, and deaf': {
    state: 'cancelling',
    tasks: [task('a')],
    script: { a: [{ deaf: true }] },
    options: { killGraceMs: 700 },
    works: true,
    isStopping: true,
  },
};

interface Way {
  run?: RunOptions;
  stop?(watched: Watched, abort: AbortController): void;
  kind: string;
}

const WAYS: Record<string, Way> = {
  'the API': { stop: ({ run }) => run.cancel('enough'), kind: 'cancelled' },
  'a signal': { stop: (_, abort) => abort.abort(new Error('enough')), kind: 'cancelled' },
  'an interrupt': { stop: ({ run }) => run.interrupt('enough'), kind: 'cancelled' },
  'closing the engine': { stop: ({ soar }) => void soar.close(), kind: 'cancelled' },
  'closing it for now': { stop: ({ soar }) => void soar.close({ interrupt: true }), kind: 'cancelled' },
  'the run’s timeout': { run: { timeoutMs: AT }, kind: 'timeout' },
  'a budget of time': { run: { budget: { timeMs: AT } }, kind: 'budget' },
};

function begin({ tasks, script, fallbackScript = [{}], options }: Situation, { run }: Way) {
  const clock = new VirtualClock();
  const agents = { one: scriptedAgent(clock, script), two: scriptedAgent(clock, fallbackScript) };
  const journal = memoryJournal();
  const soar = createSoar({ policy: ONE_TRY, random: () => 0.5, ...options, agents, clock, journal });
  const abort = new AbortController();
  const plan = { defaults: { agent: 'one' }, tasks };
  const watched = watch(soar.run(plan, { ...run, runId: 'r', signal: abort.signal }), clock, soar);
  return { clock, agents, journal, soar, abort, watched };
}

describe.each(Object.entries(SITUATIONS))('a task in %s', (_, situation) => {
  it.each(Object.entries(WAYS))('is stopped by %s, and leaves nothing', async (_name, way) => {
    const { clock, agents, journal, soar, abort, watched } = begin(situation, way);
    await clock.advance(AT - 10);
    if (situation.isStopping) watched.run.cancel('before');
    await clock.advance(way.stop ? 10 : 9);
    expect(watched.state('a')).toBe(situation.state);
    way.stop?.(watched, abort);
    const result = await watched.settled();

    const outcome = outcomeOf(result, 'a');
    const isBudget = way.kind === 'budget';
    if (situation.isStopping) {
      // The first reason counts.
      expect(outcome).toMatchObject({ status: 'cancelled', error: { kind: 'cancelled', message: 'before' } });
    } else if (!isBudget) {
      expect(result.status).toBe('cancelled');
      expect(outcome).toMatchObject({ status: 'cancelled', error: { kind: way.kind } });
    } else if (!situation.works) {
      expect(outcome).toMatchObject({ status: 'skipped', error: { kind: 'budget' } });
    } else {
      expect(['succeeded', 'failed']).toContain(outcome.status);
    }
    if (!situation.works) expect(outcome.settledAt).toBe(AT);
    else if (!isBudget) expect(outcome.settledAt).toBeLessThanOrEqual(AT + 700);
    expect(result.outcomes.map(({ taskId }) => taskId)).toEqual(situation.tasks.map(({ id }) => id));

    // A deaf agent never ends; everything else has.
    const deaf = situation.script.a?.[0]?.deaf ? 1 : 0;
    expect(agents.one.inFlight + agents.two.inFlight).toBe(deaf);
    const services = soar.actor.getSnapshot().services;
    const { ledger } = services.gate.getSnapshot().context;
    expect([ledger.leases.size, ledger.waiting, ledger.accounts.runs.size]).toEqual([0, 0, 0]);
    for (const id of ['one', 'two']) {
      const { probe, waiters } = services.breakerOf({ id }, 'any').getSnapshot().context;
      expect([probe, waiters.size]).toEqual([null, 0]);
    }
    await soar.close();
    expect(clock.pending).toBe(0);
    expect(journal.list()[0]?.status).not.toBe('running');
  });
});
