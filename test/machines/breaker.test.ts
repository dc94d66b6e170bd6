import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import type { BreakerCall, BreakerReply, PermitResult } from '../../src/machines/breaker/events.ts';
import { recentFailures } from '../../src/machines/breaker/logic.ts';
import { breakerMachine } from '../../src/machines/breaker/machine.ts';
import type { BreakerPolicy } from '../../src/policy/policy.ts';
import { POLICIES } from '../../src/policy/presets.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import type { ErrorKind } from '../../src/types/error-kind.ts';
import { ear } from '../support/ear.ts';

function breaker(policy: Partial<BreakerPolicy> = {}, adHoc = false) {
  const clock = new VirtualClock();
  const input = { agentId: 'one', adHoc, policy: { ...POLICIES.patient.breaker, resetTimeoutMs: 60_000, ...policy } };
  const actor = createActor(breakerMachine, { clock, input }).start();
  const gate = ear<BreakerReply>(clock);
  let asked = 0;
  const ask = (given?: string): BreakerReply | undefined => {
    asked += 1;
    const requestId = given ?? `r${asked}`;
    actor.send({ type: 'permit.request', requestId, ref: gate.ref });
    return gate.last();
  };
  const give = (permitId: string, result: PermitResult, kind: ErrorKind | null = null) =>
    actor.send({ type: 'permit.return', permitId, result, kind, at: clock.now() });
  /** An attempt from its permit to its end. */
  const attempt = (result: PermitResult, kind: ErrorKind | null = null) => {
    const reply = ask();
    if (reply?.type === 'permit.granted') give(reply.permitId, result, kind);
    return reply?.type;
  };
  const waiter = (waiterId: string) => {
    const heard = ear<BreakerCall>(clock);
    actor.send({ type: 'permit.await', waiterId, ref: heard.ref });
    return heard;
  };
  const state = () => {
    const snapshot = actor.getSnapshot();
    return snapshot.matches('halfOpen') ? 'halfOpen' : String(snapshot.value);
  };
  return { clock, actor, ask, give, attempt, waiter, state };
}

describe('a closed breaker', () => {
  it('permits whatever asks', () => {
    const { ask } = breaker();
    expect([ask()?.type, ask()?.type, ask()?.type]).toEqual(Array(3).fill('permit.granted'));
  });

  it('opens on as many failures within the window as the threshold says', () => {
    const { attempt, state } = breaker({ failureThreshold: 3 });
    attempt('failure', 'transient');
    attempt('failure', 'transient');
    expect(state()).toBe('closed');
    attempt('failure', 'transient');
    expect(state()).toBe('open');
  });

  it('forgets failures that are older than the window', async () => {
    const { attempt, state, clock } = breaker({ failureWindowMs: 1000 });
    attempt('failure', 'transient');
    await clock.advance(1000);
    attempt('failure', 'transient');
    expect(state()).toBe('closed');
  });

  it('forgets its failures on a success', () => {
    const { attempt, state } = breaker();
    attempt('failure', 'transient');
    attempt('success');
    attempt('failure', 'transient');
    expect(state()).toBe('closed');
  });

  it('takes no notice of neutral ends', () => {
    const { attempt, state } = breaker({ failureThreshold: 1 });
    attempt('neutral', 'rate_limited');
    attempt('neutral', 'cancelled');
    expect(state()).toBe('closed');
  });

  it('opens at once on two permanent errors in quick succession', async () => {
    const { attempt, state, clock } = breaker({ failureThreshold: 9 });
    attempt('failure', 'auth');
    await clock.advance(9999);
    attempt('failure', 'invalid_model');
    expect(state()).toBe('open');
  });

  it('does not when they are far apart', async () => {
    const { attempt, state, clock } = breaker({ failureThreshold: 9 });
    attempt('failure', 'auth');
    await clock.advance(10_000);
    attempt('failure', 'auth');
    expect(state()).toBe('closed');
  });

  it('does not for transient ones, however quick', () => {
    const { attempt, state } = breaker({ failureThreshold: 9 });
    for (let i = 0; i < 8; i += 1) attempt('failure', 'inference');
    expect(state()).toBe('closed');
  });

  it('does not when something else failed in between', () => {
    const { attempt, state } = breaker({ failureThreshold: 9 });
    attempt('failure', 'auth');
    attempt('failure', 'transient');
    attempt('failure', 'auth');
    expect(state()).toBe('closed');
  });

  it('measures the time between two permanent errors, whenever they are', async () => {
    const { attempt, state, clock } = breaker({ failureThreshold: 9, failureWindowMs: 600_000 });
    await clock.advance(1_000_000);
    attempt('failure', 'auth');
    await clock.advance(10_000);
    attempt('failure', 'auth');
    expect(state()).toBe('closed');
    await clock.advance(9999);
    attempt('failure', 'auth');
    expect(state()).toBe('open');
  });

  it('opens at a threshold beyond a hundred too', () => {
    const { attempt, state } = breaker({ failureThreshold: 150 });
    for (let i = 0; i < 149; i += 1) attempt('failure', 'transient');
    expect(state()).toBe('closed');
    attempt('failure', 'transient');
    expect(state()).toBe('open');
  });

  it('remembers no more failures than it could need', () => {
    const failures = Array.from({ length: 300 }, (_, at) => ({ at, kind: null }));
    const recent = (policy: Partial<BreakerPolicy>) =>
      recentFailures(failures, { ...POLICIES.patient.breaker, failureWindowMs: 1e6, ...policy }, 300).length;
    expect(recent({})).toBe(100);
    expect(recent({ failureThreshold: 150 })).toBe(150);
    expect(recent({ adHocFailureThreshold: 160 })).toBe(160);
    expect(recent({ fastFailThreshold: 170 })).toBe(170);
  });

  it('is lenient with agents made up for a plan, also where errors are permanent', () => {
    const { attempt, state } = breaker({}, true);
    for (let i = 0; i < 3; i += 1) attempt('failure', 'auth');
    expect(state()).toBe('closed');
    attempt('failure', 'auth');
    expect(state()).toBe('open');
  });

  it('calls at once who waits for it', () => {
    const { waiter } = breaker();
    expect(waiter('w').heard).toEqual([{ type: 'permit.available', agentId: 'one' }]);
  });
});

describe('an open breaker', () => {
  const opened = (policy: Partial<BreakerPolicy> = {}) => {
    const all = breaker({ failureThreshold: 1, ...policy });
    all.attempt('failure', 'transient');
    return all;
  };

  it('refuses, saying why and until when', () => {
    const { ask } = opened();
    expect(ask('x')).toEqual({
      type: 'permit.refused',
      requestId: 'x',
      reason: expect.stringMatching(/^Circuit open.*1 failure, retry in 60s$/),
      retryAt: 60_000,
    });
  });

  it('says how many failures there were and how long is left, whenever it is asked', async () => {
    const { ask, attempt, clock } = breaker({ failureThreshold: 2 });
    await clock.advance(5000);
    attempt('failure', 'transient');
    attempt('failure', 'transient');
    await clock.advance(10_500);
    expect(ask()).toMatchObject({ reason: 'Circuit open for one: 2 failures, retry in 50s', retryAt: 65_000 });
  });

  it('is half-open after its time', async () => {
    const { clock, state } = opened();
    await clock.advance(59_999);
    expect(state()).toBe('open');
    await clock.advance(1);
    expect(state()).toBe('halfOpen');
  });

  it('stays open as long when attempts from before end late', async () => {
    const { give, ask, clock, state } = breaker({ failureThreshold: 1 });
    ask('early');
    ask('late');
    give('early', 'failure', 'transient');
    await clock.advance(30_000);
    give('late', 'failure', 'transient');
    give('late', 'success');
    expect(state()).toBe('open');
    await clock.advance(30_000);
    expect(state()).toBe('halfOpen');
  });

  it('closes by hand, and forgets why it was open', () => {
    const { actor, attempt, state, waiter } = opened({ failureThreshold: 2, fastFailThreshold: 9 });
    attempt('failure', 'transient');
    expect(state()).toBe('open');
    const waits = waiter('w');
    actor.send({ type: 'breaker.reset' });
    expect(state()).toBe('closed');
    expect(waits.heard).toHaveLength(1);
    attempt('failure', 'transient');
    expect(state()).toBe('closed');
  });
});

describe('a half-open breaker', () => {
  const halfOpen = async () => {
    const all = breaker({ failureThreshold: 1 });
    all.attempt('failure', 'transient');
    return all;
  };
  const ready = async () => {
    const all = await halfOpen();
    await all.clock.advance(60_000);
    return all;
  };

  it('gives out one permit, however many ask and however long it takes', async () => {
    const { ask, clock } = await ready();
    const replies = Array.from({ length: 5 }, () => ask()?.type);
    expect(replies).toEqual(['permit.granted', ...Array(4).fill('permit.refused')]);
    await clock.advance(3_600_000);
    expect(ask()?.type).toBe('permit.refused');
  });

  it('closes when the probe succeeds, with nothing left of its failures', async () => {
    const { ask, give, state } = await ready();
    ask('probe');
    give('probe', 'success');
    expect(state()).toBe('closed');
  });

  it('opens again when the probe fails, also after the window has passed', async () => {
    const { ask, give, state, clock } = await ready();
    ask('probe');
    await clock.advance(400_000);
    give('probe', 'failure', 'transient');
    expect(state()).toBe('open');
    expect(ask('next')).toMatchObject({ type: 'permit.refused', retryAt: 520_000 });
  });

  it('stays half-open when the probe ends neutrally, and calls the next waiter', async () => {
    const { ask, give, state, waiter } = await ready();
    ask('probe');
    const next = waiter('next');
    const after = waiter('after');
    give('probe', 'neutral', 'cancelled');
    expect(state()).toBe('halfOpen');
    expect([next.heard.length, after.heard.length]).toEqual([1, 0]);
    expect(ask('second')?.type).toBe('permit.granted');
  });

  it('takes only the probe’s own return as an answer', async () => {
    const { ask, give, state } = await ready();
    ask('probe');
    give('another', 'success');
    give('another', 'failure', 'transient');
    give('another', 'neutral');
    expect(state()).toBe('halfOpen');
    expect(ask('second')?.type).toBe('permit.refused');
  });

  it('calls waiters one at a time, first come first called, and all of them once closed', async () => {
    const { ask, give, waiter, clock } = await halfOpen();
    const waiters = ['a', 'b', 'c'].map((id) => waiter(id));
    const called = () => waiters.map(({ heard }) => heard.length);
    expect(called()).toEqual([0, 0, 0]);
    await clock.advance(60_000);
    expect(called()).toEqual([1, 0, 0]);
    ask('probe');
    expect(called()).toEqual([1, 0, 0]);
    give('probe', 'success');
    expect(called()).toEqual([1, 1, 1]);
  });

  it('calls the next when the one it called gives up', async () => {
    const { actor, waiter, clock } = await halfOpen();
    const first = waiter('first');
    const second = waiter('second');
    await clock.advance(60_000);
    actor.send({ type: 'permit.forgo', waiterId: 'first' });
    expect([first.heard.length, second.heard.length]).toEqual([1, 1]);
  });

  it('does not call who has given up', async () => {
    const { actor, waiter, clock } = await halfOpen();
    const first = waiter('first');
    const second = waiter('second');
    actor.send({ type: 'permit.forgo', waiterId: 'first' });
    await clock.advance(60_000);
    expect([first.heard.length, second.heard.length]).toEqual([0, 1]);
  });
});

it('counts what happened to it', async () => {
  const { ask, give, attempt, clock, actor } = breaker({ failureThreshold: 1 });
  attempt('failure', 'transient');
  ask();
  ask();
  await clock.advance(60_000);
  ask('probe');
  give('probe', 'success');
  expect(actor.getSnapshot().context.metrics).toEqual({
    failures: 1,
    opened: 1,
    halfOpened: 1,
    closed: 1,
    rejected: 2,
  });
});

it('keeps no timer when it is stopped', async () => {
  const { attempt, actor, clock } = breaker({ failureThreshold: 1 });
  attempt('failure', 'transient');
  expect(clock.pending).toBe(1);
  actor.stop();
  expect(clock.pending).toBe(0);
});
