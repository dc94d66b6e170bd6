import { describe, expect, it } from 'vitest';
import { maskedEvents, PAUSE_MS } from '../../src/cli/masked-events.ts';
import type { RunEvent } from '../../src/run/events.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { createSecretMask } from '../../src/text/mask/secret-mask.ts';

const ENV = { A_TOKEN: 'hunter2-hunter2' };

function story() {
  const clock = new VirtualClock();
  const told: RunEvent[] = [];
  const see = maskedEvents({
    stream: () => createSecretMask(ENV).stream(),
    tell: (event) => told.push(event),
    setTimeout: (call, ms) => clock.setTimeout(call, ms),
    clearTimeout: (timer) => clock.clearTimeout(timer),
  });
  const say = (text: string, taskId = 'a', stream: 'stdout' | 'stderr' = 'stdout') =>
    see({ type: 'attempt.output', at: 0, runId: 'r', taskId, agentId: 'x', stream, text });
  const texts = () => told.map((event) => (event.type === 'attempt.output' ? event.text : event.type));
  return { clock, see, say, texts, told };
}

const ended = (taskId: string) => ({ type: 'attempt.ended', at: 0, runId: 'r', taskId }) as unknown as RunEvent;

describe('Output of an attempt', () => {
  it('is masked where two pieces share a secret', () => {
    const { say, texts } = story();
    say('it is hunter2-');
    say('hunter2, he said');
    expect(texts()).toEqual(['it is ', '«masked:A_TOKEN», he said']);
  });

  it('of other tasks and streams does not come between', () => {
    const { say, texts } = story();
    say('hunter2-');
    say('fine', 'b');
    say('hunter2', 'a', 'stderr');
    say('hunter2!');
    expect(texts()).toEqual(['fine', '«masked:A_TOKEN»!']);
  });

  it('is reported before the end of its attempt, with nothing lost', () => {
    const { see, say, texts } = story();
    say('the end is hunter2-');
    see(ended('b'));
    see(ended('a'));
    expect(texts()).toEqual(['the end is ', 'attempt.ended', 'hunter2-', 'attempt.ended']);
  });

  it('is reported after a pause, and once', async () => {
    const { clock, see, say, texts } = story();
    say('Name: hunter2-');
    await clock.advance(PAUSE_MS - 1);
    expect(texts()).toEqual(['Name: ']);
    await clock.advance(1);
    see(ended('a'));
    expect(texts()).toEqual(['Name: ', 'hunter2-', 'attempt.ended']);
    expect(clock.pending).toBe(0);
  });
});
