import { expect, it } from 'vitest';
import { createActor } from 'xstate';
import { SoarError } from '../../src/errors/soar-error.ts';
import { sleepUntil } from '../../src/xstate/sleep-until.ts';

it.each([[undefined], [{}], [{ at: '12:00' }], [{ at: Number.NaN }]])(
  'refuses %j as input with a sentence',
  (input) => {
    const actor = createActor(sleepUntil, { input: input as never });
    let thrown: unknown;
    actor.subscribe({ error: (error) => (thrown = error) });
    actor.start();
    expect(SoarError.isInstance(thrown)).toBe(true);
    expect(thrown).toMatchObject({ code: 'invalid-options' });
    expect(String(thrown)).toContain('Expected `input.at` to be an instant in epoch milliseconds or null, got');
  },
);
