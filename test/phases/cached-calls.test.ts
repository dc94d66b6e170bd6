import { describe, expect, it } from 'vitest';
import { createSoar } from '../../src/create-soar.ts';
import { memoryJournal } from '../../src/journal/memory-journal.ts';
import type { PhaseAnswer, PhaseCall } from '../../src/phases/controls.ts';
import { createDocumentRetriever } from '../../src/phases/retrieve/retrieve.ts';
import type { SoarOptions } from '../../src/soar-types.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { ringSink } from '../../src/trace/ring-sink.ts';
import type { Agent } from '../../src/types/agent.ts';
import { type Step, scriptedAgent } from '../support/scripted-agent.ts';
import { ONE_TRY, retrying, watch } from '../support/watched-run.ts';

const QUERY = 'Explain how the gate grants leases across the whole system, and why the breaker refuses starts';
const documents = [{ path: 'gate.md', text: '# Gate\n\nThe gate grants a lease when limits allow it.' }];
const SUBGOALS = ['gate', 'breaker'].map((id) => ({ id, title: id, prompt: `How does the ${id} work?`, agent: 'llm' }));
const PLAN = JSON.stringify({ goal: 'Explain both', subgoals: SUBGOALS });
const MARKS = '{"coherence":0.9,"completeness":0.9,"grounding":0.9,"issues":[]}';
const POOR = '{"coherence":0.2,"completeness":0.2,"grounding":0.2,"issues":["It leaves the lease out."]}';
const usage = { totalTokens: 10 };

const GOOD: Record<string, readonly Step[]> = {
  'phase:decompose': [{ ok: PLAN, usage }],
  gate: [{ ok: 'It grants leases.', usage }],
  breaker: [{ ok: 'It refuses starts.', usage }],
  'phase:synthesize': [{ ok: 'Leases [gate], refusals [breaker].', usage }],
  'phase:synthesize-score': [{ ok: MARKS, usage }],
};

type Version = Agent['version'];
interface Engine extends Partial<SoarOptions> {
  script?: Record<string, readonly Step[]>;
  version?: Version | 'none';
}

/** A journal, and engines that ask with it one after the other, each with a model of its own that counts what it is asked. */
function story() {
  const clock = new VirtualClock(1_000_000);
  const journal = memoryJournal({ mask: (json) => json.replaceAll(/hunter\d+/g, '«masked:PASSWORD»') });
  const kept: string[] = [];
  const save = journal.answers.save.bind(journal.answers);
  journal.answers.save = (answer) => {
    kept.push(answer.output);
    save(answer);
  };
  const ask = async ({ script = {}, version = 'v1', ...options }: Engine = {}, query = QUERY) => {
    const profile = { kind: 'model' as const, description: 'A model', staggerMs: 0 };
    const llm = scriptedAgent(clock, { ...GOOD, ...script }, version === 'none' ? profile : { ...profile, version });
    const soar = createSoar({
      agents: { llm },
      policy: ONE_TRY,
      cache: true,
      phases: { retrieve: createDocumentRetriever(documents) },
      ...options,
      journal,
      clock,
    });
    const watched = watch(soar.ask(query), clock, soar);
    const result = await watched.settled();
    const phase = (name: string) => result.metadata.phases.find((one) => one.phase === name);
    await clock.settle(soar.close());
    return { ...watched, result, phase, asked: llm.calls.map(({ taskId }) => taskId) };
  };
  return { ask, clock, journal, kept };
}

describe('a question that was asked before, with a cache', () => {
  it('puts nothing to any agent, and says where its answers are from', async () => {
    const { ask } = story();
    const first = await ask();
    const again = await ask();
    expect(first.asked).toHaveLength(5);
    expect(again.asked).toEqual([]);
    expect(again.result.answer).toBe(first.result.answer);
    expect(again.result.confidence).toBe(first.result.confidence);
    expect(first.result.metadata.usage.totalTokens).toBe(50);
    expect(again.result.metadata).toMatchObject({ cacheHits: 2, usage: { totalTokens: 0 } });
    const { durationMs: _, ...synthesized } = again.phase('synthesize') ?? { durationMs: 0 };
    expect(synthesized).toEqual({ phase: 'synthesize', by: 'llm', calls: 2, attempts: 0, cached: 2 });
    expect(first.phase('synthesize')).not.toHaveProperty('cached');
    expect(again.of('call.settled').map(({ taskId, via }) => [taskId, via])).toEqual([
      ['phase:decompose', 'cache'],
      ['phase:synthesize', 'cache'],
      ['phase:synthesize-score', 'cache'],
    ]);
    expect(again.of('phase.completed').map(({ phase, cached }) => [phase, cached])).toContainEqual(['synthesize', 2]);
  });

  it('is marked in its trace', async () => {
    const { ask } = story();
    await ask();
    const ring = ringSink();
    await ask({ trace: { sinks: [ring] } });
    const told = ring.records().filter(({ type }) => type === 'call.settled' || type === 'phase.completed');
    expect(told).toContainEqual(expect.objectContaining({ taskId: 'phase:decompose', via: 'cache', durationMs: 0 }));
    expect(told).toContainEqual(expect.objectContaining({ phase: 'synthesize', by: 'llm', cached: 2 }));
    expect(ring.records().filter((record) => 'taskId' in record && record.type === 'actor.started')).toEqual([]);
  });

  it.each<[string, Engine, string?]>([
    ['another version of its agent', { version: 'v2' }],
    ['an agent that does not say its version', { version: 'none' }],
    ['no cache', { cache: false }],
    ['other words', {}, `${QUERY} at once`],
  ])('is thought over anew with %s', async (_, engine, query = QUERY) => {
    const { ask } = story();
    await ask();
    const again = await ask(engine, query);
    expect(again.asked).toContain('phase:decompose');
    expect(again.phase('decompose')).not.toHaveProperty('cached');
  });

  it('is not answered by a fallback that stood in for its agent then', async () => {
    const { ask, clock } = story();
    const askedOf = async (decompose: Step) => {
      const profile = { kind: 'model', version: 'v1' } as const;
      const llm = scriptedAgent(clock, { ...GOOD, 'phase:decompose': [decompose] }, profile);
      const other = scriptedAgent(clock, [{ ok: PLAN }], profile);
      await ask({ agents: { llm, other }, fallback: 'other' });
      return [llm, other].map(({ calls }) => calls.some(({ taskId }) => taskId === 'phase:decompose'));
    };
    expect(await askedOf({ fail: 'auth' })).toEqual([true, true]);
    expect(await askedOf({ ok: PLAN })).toEqual([true, false]);
    expect(await askedOf({ ok: PLAN })).toEqual([false, false]);
  });

  it('does not find what its agent gave in a state that has changed meanwhile', async () => {
    const { ask } = story();
    let state = 0;
    await ask({
      version: () => {
        state += 1;
        return `v${state}`;
      },
    });
    for (const version of ['v1', 'v2', 'v3', 'v4']) expect((await ask({ version })).asked).toContain('phase:decompose');
  });

  it('continues from the journal when it is resumed, without the cache', async () => {
    const { ask, clock, journal } = story();
    await ask();
    const profile = { kind: 'model', description: 'A model' } as const;
    const phases = { retrieve: createDocumentRetriever(documents) };
    const options: SoarOptions = { policy: ONE_TRY, phases, journal, clock, random: () => 0.5 };
    const same = scriptedAgent(clock, GOOD, { ...profile, version: 'v1' });
    const first = createSoar({ ...options, cache: true, agents: { llm: same } });
    const run = first.ask(QUERY, { runId: 'cut' });
    run.events$.subscribe((event) => {
      if (event.type === 'phase.completed' && event.phase === 'decompose') run.interrupt();
    });
    await clock.settle(run.result);
    await clock.settle(first.close());
    const stored = journal.load('cut')?.entries.filter(({ type }) => type === 'call.settled');
    expect(stored).toMatchObject([{ taskId: 'phase:decompose', via: 'cache', attempts: [] }]);
    const other = scriptedAgent(clock, GOOD, profile);
    const second = createSoar({ ...options, agents: { llm: other } });
    const result = await clock.settle(second.resume('cut').result);
    expect(result.status).toBe('succeeded');
    expect(other.calls.map(({ taskId }) => taskId)).not.toContain('phase:decompose');
    expect(result.metadata.phases.find(({ phase }) => phase === 'decompose')).toMatchObject({ cached: 1, attempts: 0 });
  });
});

describe('a call that had begun when its run was interrupted', () => {
  it('continues by itself, and forgets nothing of what it used, whatever another run was answered meanwhile', async () => {
    const { ask, clock, journal } = story();
    const failing: Step = { fail: 'transient', details: { usage: { totalTokens: 7 } } };
    const script = { ...GOOD, 'phase:decompose': [failing, ...(GOOD['phase:decompose'] ?? [])] };
    const llm = scriptedAgent(clock, script, { kind: 'model', description: 'A model', staggerMs: 0, version: 'v1' });
    const phases = { retrieve: createDocumentRetriever(documents) };
    const options: SoarOptions = { agents: { llm }, policy: retrying(1), cache: true, phases, journal, clock };
    const first = createSoar(options);
    const run = first.ask(QUERY, { runId: 'cut' });
    run.events$.subscribe((event) => {
      if (event.type === 'task.state' && event.state === 'retrying') run.interrupt();
    });
    await clock.settle(run.result);
    await clock.settle(first.close());
    expect((await ask()).asked).toContain('phase:decompose');
    const second = createSoar(options);
    const { metadata } = await clock.settle(second.resume('cut').result);
    await clock.settle(second.close());
    expect(metadata.phases.find(({ phase }) => phase === 'decompose')).toMatchObject({
      attempts: 2,
      usage: { totalTokens: 17 },
    });
    expect(llm.calls.filter(({ taskId }) => taskId === 'phase:decompose').map(({ attempt }) => attempt)).toEqual([
      1, 2,
    ]);
  });
});

describe('an answer that a phase refused', () => {
  const broken = { 'phase:decompose': [{ ok: 'no idea' }], 'phase:decompose-repair': [{ ok: 'still none' }] };

  it('is not kept, nor is the repair that was refused as well', async () => {
    const { ask, kept } = story();
    const first = await ask({ script: broken });
    expect(first.phase('decompose')).toMatchObject({ by: 'offline', calls: 2 });
    expect(kept.filter((output) => output === 'no idea' || output === 'still none')).toEqual([]);
    const again = await ask();
    expect(again.asked).toContain('phase:decompose');
    expect(again.phase('decompose')).toMatchObject({ by: 'llm', calls: 1, attempts: 1 });
  });

  it('gives way to its repair, which is the answer to the question from then on', async () => {
    const { ask } = story();
    const first = await ask({ script: { ...broken, 'phase:decompose-repair': [{ ok: PLAN }] } });
    expect(first.asked.slice(0, 2)).toEqual(['phase:decompose', 'phase:decompose-repair']);
    const again = await ask({ script: broken });
    expect(again.asked).toEqual([]);
    expect(again.phase('decompose')).toMatchObject({ by: 'llm', calls: 1, cached: 1 });
    expect(again.result.plan).toEqual(first.result.plan);
  });

  it('is not replaced by what another agent says to the same: that is an answer of its own', async () => {
    const { ask, clock } = story();
    const profile = { kind: 'model', version: 'v1' } as const;
    const accepts = ({ output }: PhaseAnswer) => output === 'good';
    const asked = async () => {
      const weak = scriptedAgent(clock, [{ ok: 'poor' }], profile);
      const strong = scriptedAgent(clock, [{ ok: 'good' }], profile);
      const { phase } = await ask({
        agents: { weak, strong, llm: scriptedAgent(clock, GOOD, profile) },
        defaultAgent: 'llm',
        phases: {
          assess: async (_, { call }) => {
            await call({ name: 'assess', prompt: 'Well?', agentId: 'weak', accepts });
            const repairs = 'assess';
            await call({ name: 'assess-again', prompt: 'Better?', agentId: 'strong', accepts, repairs });
            return { complexity: 'simple', score: 0, confidence: 1, reasons: [] };
          },
        },
      });
      return [weak.calls.length, strong.calls.length, phase('assess')?.by];
    };
    expect(await asked()).toEqual([1, 1, 'strong']);
    expect(await asked()).toEqual([1, 0, 'strong']);
  });

  it('is not used either when the phase has become stricter since', async () => {
    const { ask } = story();
    let isStrict = false;
    const asks: Engine = {
      phases: {
        retrieve: createDocumentRetriever(documents),
        decompose: async ({ query }, { call }) => {
          const accepts = ({ output }: PhaseAnswer) => !isStrict || output === 'strict';
          const { output } = await call({ name: 'decompose', prompt: 'Well?', agentId: 'llm', accepts });
          return { goal: query, subgoals: [{ id: 'gate', title: output, prompt: query, dependsOn: [] }], notes: [] };
        },
      },
    };
    const isAsked = async (ok: string) =>
      (await ask({ ...asks, script: { 'phase:decompose': [{ ok }] } })).asked.includes('phase:decompose');
    expect([await isAsked('loose'), await isAsked('loose')]).toEqual([true, false]);
    isStrict = true;
    expect([await isAsked('strict'), await isAsked('strict')]).toEqual([true, false]);
  });

  it('because the judging broke is not kept', async () => {
    const { ask } = story();
    const accepts = () => {
      throw new Error('broken');
    };
    const engine: Engine = {
      phases: {
        assess: async (_, { call }) => {
          await call({ name: 'assess', prompt: 'Well?', agentId: 'llm', accepts } satisfies PhaseCall);
          return { complexity: 'simple', score: 0, confidence: 1, reasons: [] };
        },
      },
    };
    for (const _ of [1, 2]) expect((await ask(engine)).asked).toContain('phase:assess');
  });
});

describe('an answer that was written twice', () => {
  it('comes from the cache with both drafts and both marks', async () => {
    const { ask } = story();
    const script = {
      'phase:synthesize-score': [{ ok: POOR }],
      'phase:synthesize-again': [{ ok: 'Leases, told at last [gate], refusals [breaker].' }],
      'phase:synthesize-score-again': [{ ok: MARKS }],
    };
    const first = await ask({ script });
    const again = await ask({ script });
    expect(again.asked).toEqual([]);
    expect(again.phase('synthesize')).toMatchObject({ calls: 4, cached: 4, attempts: 0 });
    expect([again.result.answer, again.result.confidence]).toEqual([first.result.answer, first.result.confidence]);
  });
});

describe('a prompt with a secret', () => {
  it('is not the same as one with another secret, although both are masked alike', async () => {
    const { ask } = story();
    const withSecret = (secret: string) => `${QUERY}, with the password ${secret}`;
    await ask({}, withSecret('hunter1'));
    expect((await ask({}, withSecret('hunter2'))).asked).toContain('phase:decompose');
    expect((await ask({}, withSecret('hunter1'))).asked).not.toContain('phase:decompose');
  });

  it('has no answer kept that repeats it', async () => {
    const { ask } = story();
    const ok = PLAN.replace('Explain both', 'Explain hunter1');
    await ask({ script: { 'phase:decompose': [{ ok }] } });
    expect((await ask()).asked).toContain('phase:decompose');
  });
});
