import { describe, expect, it } from 'vitest';
import { createSoar } from '../../src/create-soar.ts';
import { memoryJournal } from '../../src/journal/memory-journal.ts';
import { previousAttempt } from '../../src/machines/task/previous-attempt.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import type { AttemptRecord } from '../../src/types/task.ts';
import { type ScriptedAgent, type Step, scriptedAgent } from '../support/scripted-agent.ts';
import { ONE_TRY, outcomeOf, retrying, start, task, watch } from '../support/watched-run.ts';

const continued = (agent: ScriptedAgent) => agent.calls.map(({ request }) => request.previous?.session ?? null);

async function retriedOver(steps: readonly Step[], retries = steps.length - 1) {
  const clock = new VirtualClock();
  const one = scriptedAgent(clock, steps);
  const result = await start([task('a')], { agents: { one }, clock, policy: retrying(retries) }).settled();
  return { one, outcome: outcomeOf(result, 'a') };
}

describe('the session an attempt names', () => {
  it('is recorded with the attempt, however it ends', async () => {
    const { outcome } = await retriedOver([{ session: 's1', fail: 'exit' }, { session: 's2' }]);
    expect(outcome.attempts.map(({ session }) => session)).toEqual(['s1', 's2']);
  });

  it('is absent where the agent names none', async () => {
    const { outcome } = await retriedOver([{}]);
    expect(outcome.attempts[0]).not.toHaveProperty('session');
  });

  it('is what the next attempt may continue, with the reason why the last one did not finish', async () => {
    const { one } = await retriedOver([{ session: 's1', fail: 'connection', message: 'ECONNRESET' }, {}]);
    expect(one.calls[0]?.request).not.toHaveProperty('previous');
    expect(one.calls[1]?.request.previous).toEqual({
      session: 's1',
      attempt: 1,
      error: { kind: 'connection', message: 'ECONNRESET', retryable: true },
    });
  });

  it('outlives a rate limit and an attempt that had to be stopped', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [
      { session: 's1', fail: 'rate_limited' },
      { session: 's1', hang: true },
      { session: 's1' },
    ]);
    const run = start([task('a', { timeoutMs: 1000 })], { agents: { one }, clock, policy: retrying(1) });
    expect((await run.settled()).status).toBe('succeeded');
    expect(continued(one)).toEqual([null, 's1', 's1']);
  });

  it('is not continued by the fallback, whose session is its own', async () => {
    const clock = new VirtualClock();
    const one = scriptedAgent(clock, [{ session: 's1', fail: 'auth' }]);
    const other = scriptedAgent(clock);
    await start([task('a')], { agents: { one, other }, fallback: 'other', defaultAgent: 'one', clock }).settled();
    expect(continued(other)).toEqual([null]);
  });

  it('is given up at every second failure in a row: the session itself may be what fails', async () => {
    const step: Step = { session: 's', fail: 'exit' };
    const { one } = await retriedOver([step, step, step, step, {}]);
    expect(continued(one)).toEqual([null, 's', null, 's', null]);
  });

  it('is found again by a run that is resumed after a crash', async () => {
    const clock = new VirtualClock(1000);
    const journal = memoryJournal();
    const one = scriptedAgent(clock, [{ session: 's1', ms: 500 }, {}]);
    const engine = (own: typeof journal) => createSoar({ agents: { one }, policy: ONE_TRY, clock, journal: own });
    const first = engine(journal);
    watch(first.run({ tasks: [task('a')] }, { runId: 'r' }), clock, first);
    await clock.advance(100);
    const second = engine(journal.crash());
    const result = await watch(second.resume('r'), clock, second).settled();
    expect(continued(one)).toEqual([null, 's1']);
    expect(outcomeOf(result, 'a').attempts[0]).toMatchObject({ result: 'cancelled', session: 's1' });
  });
});

describe('previousAttempt', () => {
  const record = (result: AttemptRecord['result'], session?: string): AttemptRecord => ({
    n: 1,
    agentId: 'one',
    key: 'k',
    startedAt: 0,
    endedAt: 1,
    result,
    error: null,
    ...(session === undefined ? {} : { session }),
  });

  it.each<[string, AttemptRecord[]]>([
    ['there is none', []],
    ['it named no session', [record('failed')]],
    ['it was abandoned, and may still be at work', [record('abandoned', 's')]],
    ['it succeeded', [record('succeeded', 's')]],
    ['it was of another agent', [{ ...record('failed', 's'), agentId: 'other' }]],
  ])('is none when %s', (_, attempts) => {
    expect(previousAttempt(attempts, 'one')).toBeNull();
  });

  it('reports what was used in its session, and in no other', () => {
    const used = (session: string, totalTokens?: number): AttemptRecord => ({
      ...record('failed', session),
      ...(totalTokens === undefined ? {} : { usage: { totalTokens } }),
    });
    const rest = record('rate_limited', 's');
    const of = (...attempts: AttemptRecord[]) => previousAttempt(attempts, 'one')?.usage;
    expect(of(used('other', 9), used('s', 20), rest, used('s', 3))).toEqual({ totalTokens: 23 });
    expect(of(used('other', 9), rest, used('s'))).toBeUndefined();
  });

  it('does not count rate limits as failures', () => {
    const attempts = [record('failed', 's'), record('rate_limited', 's'), record('failed', 's')];
    expect(previousAttempt(attempts, 'one')?.session).toBe('s');
  });
});
