import { createInspector } from '@statelyai/inspect';
import type { Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { InspectionEvent } from 'xstate';
import { createSoar } from '../../src/create-soar.ts';
import type { SoarOptions } from '../../src/soar-types.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import type { TraceRecord } from '../../src/trace/trace.schema.ts';
import type { AgentFunction } from '../../src/types/agent.ts';

/** Changes all plain data that it can reach, and swallows what is thrown at it. */
function vandalise(value: unknown, seen = new Set<unknown>()): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) return;
  for (const key of Object.keys(value)) {
    const inner = (value as Record<string, unknown>)[key];
    if (typeof inner === 'function') continue;
    vandalise(inner, seen);
    quietly(() => Object.assign(value, { [key]: typeof inner === 'object' ? null : 'changed' }));
  }
  quietly(() => Array.isArray(value) && value.push('changed'));
  quietly(() => Object.assign(value, { added: true }));
}

function quietly(change: () => void): void {
  try {
    change();
  } catch {
    // Frozen, which is the point.
  }
}

const PLAN = () => ({
  goal: 'all',
  tasks: [
    { id: 'a', prompt: 'first', env: { KEY: 'value' }, passages: [passage()] },
    { id: 'b', prompt: 'second', dependsOn: ['a'] },
    { id: 'c', prompt: 'third', dependsOn: ['a', 'b'] },
  ],
});

function passage() {
  return { id: 'x.md:1-1', path: 'x.md', startLine: 1, endLine: 1, text: 'text', score: 1 };
}

interface Readers {
  events?: (event: unknown) => void;
  agent?: (request: unknown) => void;
  options?: Partial<SoarOptions>;
}

/** Runs the plan with an agent that fails once for each task, and gives all that was published. */
async function told({ events = () => {}, agent = () => {}, options = {} }: Readers = {}) {
  const clock = new VirtualClock(1000);
  const failed = new Set<string>();
  const requests: unknown[] = [];
  const main: AgentFunction = async (request, { heartbeat, output, progress }) => {
    requests.push(structuredClone(request));
    const { taskId } = request;
    agent(request);
    heartbeat();
    output('hello');
    progress({ done: 1, total: 2 });
    if (!failed.has(taskId)) {
      failed.add(taskId);
      throw new Error('no');
    }
    return { output: `did ${taskId}`, data: { list: [1, { deep: true }] }, usage: { inputTokens: 2 } };
  };
  const soar = createSoar({ agents: { main }, clock, random: () => 0.5, ...options });
  const run = soar.run(PLAN(), { runId: 'r' });
  const seen: unknown[] = [];
  for (const stream of [run.events$, run.progress$, run.heartbeats$] as Observable<unknown>[]) {
    stream.subscribe(events);
    stream.subscribe((event) => seen.push(structuredClone(event)));
  }
  const result = await clock.settle(run.result);
  await soar.close();
  return { requests, seen, result: structuredClone(result) };
}

describe('a reader that changes what it gets', () => {
  it('changes nothing for others, as a subscriber', async () => {
    expect(await told({ events: vandalise })).toEqual(await told());
  });

  it('changes nothing for others, as an agent', async () => {
    const { requests, ...rest } = await told({ agent: vandalise });
    const calm = await told();
    expect(rest).toEqual({ seen: calm.seen, result: calm.result });
    expect(requests).toEqual(calm.requests);
  });

  it('changes nothing for others, as a trace sink or a redaction hook', async () => {
    const traced = async (vandal?: (record: TraceRecord) => void) => {
      const records: unknown[] = [];
      const keeper = { write: (record: TraceRecord) => records.push(structuredClone(record)) };
      const sinks = [...(vandal ? [{ write: vandal }] : []), keeper];
      const run = await told({ options: { trace: { sinks, mode: 'full', id: 't' } } });
      return { ...run, records: records.map((record) => ({ ...(record as object), actor: '', parent: '', from: '' })) };
    };
    const calm = await traced();
    const { records, ...rest } = await traced(vandalise);
    expect(rest).toEqual({ requests: calm.requests, seen: calm.seen, result: calm.result });
    expect(records.length).toBe(calm.records.length);
    expect(records.slice(5)).toEqual(calm.records.slice(5));
    const redact = (record: TraceRecord) => {
      vandalise(record);
      return null;
    };
    const hooked = await told({ options: { trace: { sinks: [{ write: () => {} }], redact } } });
    expect(hooked).toEqual({ requests: calm.requests, seen: calm.seen, result: calm.result });
  });

  it('changes nothing for others, as an inspector that changes events', async () => {
    const inspect = (event: InspectionEvent) => {
      if ('event' in event) vandalise(event.event);
    };
    expect(await told({ options: { inspect } })).toEqual(await told());
  });

  it('changes nothing for others, as a phase', async () => {
    const found = {
      assess: { complexity: 'medium', score: 5, confidence: 1, reasons: ['r'] },
      retrieve: { passages: [passage()], budget: 1, searched: 1, notes: [] },
      decompose: {
        goal: 'g',
        subgoals: [{ id: 'a', title: 'A', prompt: 'p', dependsOn: [] }],
        notes: [],
      },
      route: {
        plan: { tasks: [{ id: 'a', prompt: 'p', agent: 'main' }] },
        matches: [{ taskId: 'a', agentId: 'main', quality: 'excellent', reason: '' }],
      },
      synthesize: { answer: 'yes', confidence: 1, sources: [] },
    };
    const ask = async (spoil: (value: unknown) => void) => {
      const own = structuredClone(found);
      const inputs: unknown[] = [];
      const phases = Object.fromEntries(
        Object.entries(own).map(([name, output]) => [
          name,
          (input: unknown) => {
            inputs.push([name, structuredClone(input)]);
            spoil(input);
            // It may also continue changing what it has given.
            setTimeout(() => spoil(output));
            return output;
          },
        ]),
      );
      const soar = createSoar({ agents: { main: () => 'ok' }, phases: phases as never, clock: new VirtualClock() });
      const events: unknown[] = [];
      const run = soar.ask('Why?', { runId: 'r', contextFiles: ['a.md'] });
      run.events$.subscribe((event) => {
        events.push(structuredClone(event));
        spoil(event);
      });
      const result = structuredClone(await run.result);
      await soar.close();
      return { inputs, events, result };
    };
    expect(await ask(vandalise)).toEqual(await ask(() => {}));
  });
});

describe('a plan', () => {
  it('is run as it was when the run began, whatever happens to it', async () => {
    const prompts: string[] = [];
    const soar = createSoar({
      agents: {
        main: ({ prompt, env }) => {
          prompts.push(`${prompt} ${env?.KEY}`);
          return 'ok';
        },
      },
    });
    const plan = { tasks: [{ id: 'a', prompt: 'before', env: { KEY: 'before' } }] };
    const run = soar.run(plan);
    vandalise(plan);
    await run.result;
    expect(prompts).toEqual(['before before']);
    await soar.close();
  });

  it('is shared by no two runs of it, and stays what its user has', async () => {
    const soar = createSoar({ agents: { main: (request) => String(vandalise(request)) } });
    const plan = PLAN();
    const both = await Promise.all([soar.run(plan).result, soar.run(plan).result]);
    expect(both.map(({ status }) => status)).toEqual(['succeeded', 'succeeded']);
    expect(plan).toEqual(PLAN());
    expect(Object.isFrozen(plan.tasks)).toBe(false);
    await soar.close();
  });
});

describe('the options of an engine', () => {
  it('hold as they were when it was made', async () => {
    const options = {
      agents: { main: () => 'ok' as const },
      budget: { attempts: 2 },
      limits: { perAgent: { main: 1 } },
      policy: { preset: 'patient' as const, retry: { retries: 0 } },
    };
    const soar = createSoar(options);
    Object.assign(options, { fallback: 'none', approve: true });
    Object.assign(options.budget, { attempts: 0 });
    Object.assign(options.policy, { preset: 'none' });
    Object.assign(options.agents, { main: null });
    const { status } = await soar.run({ tasks: [{ id: 'a', prompt: '' }] }).result;
    expect(status).toBe('succeeded');
    await soar.close();
  });
});

describe("an agent's data", () => {
  it('stays the agent’s own to change, and is recorded as it was', async () => {
    const kept = { list: [1], when: new Date(0), nested: JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`) };
    const soar = createSoar({ agents: { main: () => ({ output: '', data: kept }) } });
    const { outcomes } = await soar.run({ tasks: [{ id: 'a', prompt: '' }] }).result;
    kept.list.push(2);
    kept.when.setTime(1);
    expect(outcomes[0]?.data).toMatchObject({ list: [1], when: new Date(0) });
    await soar.close();
  });
});

describe('an inspector of @statelyai/inspect', () => {
  it('is taken as it is, and has every snapshot of XState once the engine is closed', async () => {
    const sent: string[] = [];
    const adapter = { start: () => {}, stop: () => {}, send: ({ type }: { type: string }) => sent.push(type) };
    const inspector = createInspector(adapter as never);
    const own: string[] = [];
    const options = { agents: { main: () => 'ok' }, random: () => 0.5 };
    for (const inspect of [(event: InspectionEvent) => void own.push(event.type), inspector.inspect]) {
      const soar = createSoar({ ...options, inspect: inspect as never });
      await soar.run(PLAN()).result;
      await soar.close();
    }
    const count = (types: string[], type: string) => types.filter((one) => one === type).length;
    for (const type of ['@xstate.actor', '@xstate.event', '@xstate.snapshot'])
      expect([type, count(sent, type)]).toEqual([type, count(own, type)]);
  });
});
