import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createSoar } from '../../src/create-soar.ts';
import type { RunEvent } from '../../src/run/events.ts';
import type { SoarOptions } from '../../src/soar-types.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { type Step, scriptedAgent } from '../support/scripted-agent.ts';

const schemaOf = (name: string) =>
  z.fromJSONSchema(
    JSON.parse(readFileSync(`schema/${name}.schema.json`, 'utf8')) as Parameters<typeof z.fromJSONSchema>[0],
  );
const [event, result] = [schemaOf('event'), schemaOf('result')];

const LIMITED = { fail: 'rate_limited', details: { retryAfterMs: 1000 } } as const;

async function recorded(
  begin: (soar: ReturnType<typeof createSoar>) => ReturnType<ReturnType<typeof createSoar>['run']>,
) {
  const clock = new VirtualClock();
  const script: Record<string, readonly Step[]> = {
    a: [{ fail: 'transient' }, LIMITED, { ok: 'text' }],
    b: [{ fail: 'auth' }],
    c: [{}],
    d: [{}],
  };
  const agents: SoarOptions['agents'] = { one: scriptedAgent(clock, script), spare: scriptedAgent(clock, [{}]) };
  const run = begin(createSoar({ agents, clock, random: () => 0.5, policy: { breaker: { failureThreshold: 1 } } }));
  const events: RunEvent[] = [];
  run.events$.subscribe((one) => events.push(one));
  const settled = await clock.settle(run.result);
  return { events, settled };
}

const RUNS = [
  [
    'a plan with retries, limits, a fallback and a skip',
    (soar: ReturnType<typeof createSoar>) =>
      soar.run({
        tasks: [
          { id: 'a', prompt: '', agent: 'one', retries: 1 },
          { id: 'b', prompt: '', agent: 'one', fallback: 'spare' },
          { id: 'c', prompt: '', agent: 'one', dependsOn: ['b'] },
          { id: 'd', prompt: '', agent: 'one', dependsOn: ['a'], critical: true },
        ],
      }),
  ],
  ['a question', (soar: ReturnType<typeof createSoar>) => soar.ask('What is this, and why?', { phaseAgent: 'spare' })],
] as const;

describe('the published schemas', () => {
  it.each(RUNS)('accept every event and the result of %s', async (_, begin) => {
    const { events, settled } = await recorded(begin);
    expect(events.length).toBeGreaterThan(10);
    for (const one of events) {
      expect(event.safeParse(JSON.parse(JSON.stringify(one))), JSON.stringify(one)).toMatchObject({ success: true });
    }
    expect(result.safeParse(JSON.parse(JSON.stringify(settled)))).toMatchObject({ success: true });
  });

  it('refuse what is not an event or a result', () => {
    expect(event.safeParse({ type: 'task.state', at: 0, runId: 'r', taskId: 't' }).success).toBe(false);
    expect(event.safeParse({ type: 'task.unknown', at: 0, runId: 'r' }).success).toBe(false);
    expect(result.safeParse({ runId: 'r', status: 'done', outcomes: [] }).success).toBe(false);
  });
});
