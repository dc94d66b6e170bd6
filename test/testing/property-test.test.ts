import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Driven, type drive, propertyTest, transitionCoverage } from '../../src/testing/index.ts';
import { flow } from './flow.ts';

describe('propertyTest', () => {
  const lines: string[] = [];
  const options = { fc, runs: 50, seed: 1, log: (line: string) => void lines.push(line) };

  test('finds a shortest sequence that breaks an invariant, and reports the seed', async () => {
    const world = () => ({ count: 0 });
    const set = (given: { count: number }, count: number) => Object.assign(given, { count });
    const commands = {
      add: {
        with: fc.integer({ min: 1, max: 9 }),
        run: (given: { count: number }, n: number) => void set(given, given.count + n),
      },
      reset: {
        can: ({ count }: { count: number }) => count > 0,
        run: (given: { count: number }) => void set(given, 0),
      },
    };
    const failing = propertyTest(world, commands, { 'stays small': ({ count }) => count < 10 }, options);
    const message = await failing.catch((error: Error) => error.message);
    expect(message).toMatch(/^"stays small" does not hold after add\(\d\)\./);
    expect(message).toMatch(
      /The shortest sequence found, in run \d+:\n( {2}\d\. add\(\d\)\n){2,3}Repeat it with \{ seed: 1, /,
    );
    expect(lines.at(-1)).toMatch(/^property test: \d+ runs, seed 1$/);
  });

  test('reports where a machine was after each command, and how to see it again', async () => {
    type World = Driven<typeof flow>;
    const counts = { seen: 0 };
    const commands = {
      go: {
        can: ({ actor }: World) => actor.getSnapshot().matches('idle'),
        run: ({ actor }: World) => actor.send({ type: 'go' }),
      },
      fail: {
        can: ({ gates }: World) => gates.waiting.length > 0,
        run: ({ gates }: World) => gates.error('fetch', null),
      },
      wait: { with: fc.constant(500), run: ({ clock }: World, ms: number) => clock.advance(ms) },
      never: { can: () => false, run: () => expect.unreachable() },
    };
    const once = {
      'fetches once': ({ actor }: World) => {
        counts.seen += 1;
        return actor.getSnapshot().context.tries < 2;
      },
    };
    const failure = (more: object) =>
      propertyTest(flow, commands, once, { ...options, ...more }).catch((error: Error) => error.message);
    const message = await failure({});
    expect(message).toMatch(
      /^"fetches once" does not hold after wait\(500\)\.\nThe shortest sequence found, in run \d+:\n {2}1\. go → "fetching"\n {2}2\. fail → "pausing"\n {2}3\. wait\(500\) → "fetching"\nRepeat it with \{ seed: 1, path: "[\d:]+", replayPath: ".+" \}\.$/,
    );
    const [, path, replayPath] = /path: "(.+)", replayPath: "(.+)"/.exec(String(message)) ?? [];
    counts.seen = 0;
    expect(await failure({ path, replayPath })).toContain(String(message).split('\n').slice(2, 5).join('\n'));
    expect(counts.seen).toBe(4);
  });

  test('reports a world of its own what it is asked to, and of one that is wrong from the start that it is', async () => {
    const add = { run: (given: { count: number }) => void Object.assign(given, { count: given.count + 1 }) };
    const failure = (bound: number) =>
      propertyTest(
        () => ({ count: 0 }),
        { add },
        { small: ({ count }) => count < bound },
        { ...options, describe: ({ count }) => count },
      );
    await expect(failure(2)).rejects.toThrow('\n  1. add → 1\n  2. add → 2\nRepeat');
    await expect(failure(0)).rejects.toThrow(
      '"small" does not hold at the start.\nThe shortest sequence found, in run 1, has no commands.',
    );
    await expect(propertyTest(() => ({}), {}, {}, options)).rejects.toThrow('needs at least one command');
  });

  test('tries sequences up to the longest that is asked for', async () => {
    const lengths: number[] = [];
    const world = () => ({ count: 0 });
    const add = { run: (given: { count: number }) => void Object.assign(given, { count: given.count + 1 }) };
    const ends = { end: ({ count }: { count: number }) => void lengths.push(count) };
    await propertyTest(world, { add }, {}, { ...options, ...ends, maxCommands: 40 });
    expect(Math.max(...lengths)).toBeGreaterThan(30);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(40);
  });

  test('drives a machine with its actors gated', async () => {
    const commands = {
      go: {
        can: ({ actor }: ReturnType<typeof drive<typeof flow>>) => actor.getSnapshot().status === 'active',
        run: ({ actor }: ReturnType<typeof drive<typeof flow>>) => actor.send({ type: 'go' }),
      },
      fail: {
        can: ({ gates }: ReturnType<typeof drive<typeof flow>>) => gates.waiting.includes('fetch'),
        run: ({ gates }: ReturnType<typeof drive<typeof flow>>) => gates.error('fetch', new Error('no net')),
      },
      wait: { run: ({ clock }: ReturnType<typeof drive<typeof flow>>) => clock.advance(500) },
    };
    const coverage = transitionCoverage(flow);
    const { runs } = await propertyTest(
      flow,
      commands,
      { 'tries twice at most': ({ actor }) => actor.getSnapshot().context.tries <= 2 },
      { ...options, inspect: coverage },
    );
    expect(runs).toBe(50);
    coverage.assert({ guards: 100 });
  });
});
