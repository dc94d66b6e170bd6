import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import type { AgentAnswer } from '../../src/types/agent.ts';
import { outcomeOf, start, task } from '../support/watched-run.ts';

/** The outcome of a task whose agent returned this, whatever types say. */
async function outcomeFor(answer: unknown) {
  const clock = new VirtualClock();
  let calls = 0;
  const one = () => {
    calls += 1;
    return answer as AgentAnswer;
  };
  const run = start([task('a')], {
    agents: { one },
    clock,
    policy: { retry: { retries: 2 }, breaker: { enabled: false } },
  });
  return { ...outcomeOf(await run.settled(), 'a'), calls };
}

describe('an answer', () => {
  it.each([
    ['a text', 'yes', 'yes'],
    ['a promise of a text', Promise.resolve('yes'), 'yes'],
    ['an object with one', { output: 'yes' }, 'yes'],
    ['nothing', undefined, ''],
    ['null', null, ''],
    ['a number', 0, '0'],
    ['an object with nothing', { output: undefined }, ''],
    ['an object with a number', { output: 5 }, '5'],
  ])('may be %s', async (_, answer, output) => {
    expect(await outcomeFor(answer)).toMatchObject({ status: 'succeeded', output });
  });

  it.each([
    ['Response', new Response('yes')],
    ['Object', { text: 'yes' }],
    ['Object', { output: { text: 'yes' } }],
    ['Array', ['yes']],
    ['Error', new Error('no')],
    ['AsyncGenerator', (async function* () {})()],
    ['Function', () => 'yes'],
  ])('is invalid when it is of type %s, which is said and not tried again', async (type, answer) => {
    const message = `Agent \`one\` should return a string or \`{ output }\` with one, and returned ${type}.`;
    expect(await outcomeFor(answer)).toMatchObject({
      status: 'failed',
      output: '',
      error: { kind: 'internal', message, retryable: false },
      calls: 1,
    });
  });

  it('that is invalid has cost what it says', async () => {
    const usage = { totalTokens: 7 };
    const { attempts } = await outcomeFor({ output: ['yes'], usage });
    expect(attempts).toMatchObject([{ result: 'failed', usage }]);
  });

  it('fails the attempt where it cannot be read', async () => {
    const hostile = Object.defineProperty({}, 'output', {
      get() {
        throw new Error('no output was made');
      },
    });
    expect(await outcomeFor(hostile)).toMatchObject({ status: 'failed', error: { message: 'no output was made' } });
  });
});
