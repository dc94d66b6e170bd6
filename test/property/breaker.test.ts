import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createActor, type EventObject } from 'xstate';
import { breakerMachine } from '../../src/machines/breaker/machine.ts';
import { POLICIES } from '../../src/policy/presets.ts';
import { propertyTest } from '../../src/testing/property-test.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';

const RESET_MS = 1000;

/** One breaker, and its clients: those let through and those that wait. */
function world() {
  const clock = new VirtualClock();
  const policy = { ...POLICIES.patient.breaker, failureThreshold: 2, resetTimeoutMs: RESET_MS };
  const actor = createActor(breakerMachine, { clock, input: { agentId: 'a', policy } }).start();
  /** Permits that are out, each with whether it was given by a half-open breaker. */
  const out = new Map<string, boolean>();
  const seen = { probes: 0, calls: 0, asked: 0 };
  const isHalfOpen = () => actor.getSnapshot().matches('halfOpen');
  const take = (event: EventObject & { permitId?: string }) => {
    if (event.type === 'permit.available') seen.calls += 1;
    if (event.type !== 'permit.granted') return;
    const isProbe = isHalfOpen();
    out.set(event.permitId as string, isProbe);
    if (isProbe) seen.probes += 1;
  };
  // XState's own sending goes by `_send`.
  return { clock, actor, out, seen, isHalfOpen, ref: { send: take, _send: take } };
}

type World = ReturnType<typeof world>;

const permits = { success: 'success', failure: 'failure', neutral: 'neutral' } as const;

function give(result: keyof typeof permits) {
  return {
    with: fc.nat(5),
    can: ({ out }: World) => out.size > 0,
    run: ({ actor, out, clock }: World, n: number) => {
      const permitId = [...out.keys()][n % out.size] as string;
      out.delete(permitId);
      actor.send({ type: 'permit.return', permitId, result, kind: 'transient', at: clock.now() });
    },
  };
}

const ask = {
  run: ({ actor, seen, ref }: World) => {
    seen.asked += 1;
    actor.send({ type: 'permit.request', requestId: `${seen.asked}`, ref });
  },
};

test('a breaker never has two half-open permits out, whatever is asked and given back when', async () => {
  let probes = 0;
  let crowds = 0;
  await propertyTest<World>(
    world,
    {
      ask,
      askTwice: {
        run: (given) => {
          if (given.isHalfOpen()) crowds += 1;
          ask.run(given);
          ask.run(given);
        },
      },
      await: { run: ({ actor, ref, seen }) => actor.send({ type: 'permit.await', waiterId: `${seen.asked}`, ref }) },
      forgo: {
        with: fc.nat(20),
        run: ({ actor }, n) => actor.send({ type: 'permit.forgo', waiterId: `${n}` }),
      },
      succeed: give('success'),
      fail: give('failure'),
      failAgain: give('failure'),
      givesUp: give('neutral'),
      wait: { with: fc.constantFrom(1, RESET_MS), run: ({ clock }, ms) => clock.advance(ms) },
    },
    {
      'one probe is out at most': ({ out, isHalfOpen }) =>
        !isHalfOpen() || [...out.values()].filter((isProbe) => isProbe).length <= 1,
      'the permit that is out is the one it knows': ({ actor, out }) => {
        const { probe } = actor.getSnapshot().context;
        return probe === null || out.get(probe) === true;
      },
    },
    {
      fc,
      runs: 1000,
      maxCommands: 60,
      seed: 11,
      end: async ({ clock, actor, seen }) => {
        probes += seen.probes;
        actor.stop();
        await clock.runAll();
      },
    },
  );
  expect(probes).toBeGreaterThan(100);
  expect(crowds).toBeGreaterThan(100);
});
