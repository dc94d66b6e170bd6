import { describe, expect, it } from 'vitest';
import { createSoar } from '../../src/create-soar.ts';
import { modelPhases } from '../../src/index.ts';
import { createDocumentRetriever } from '../../src/phases/retrieve/retrieve.ts';
import { formatPlanYaml } from '../../src/plan/format-plan.ts';
import { parsePlanText } from '../../src/plan/parse.ts';
import { withPlaces, withReading } from '../../src/plan/reading.ts';
import type { Plan } from '../../src/plan/types.ts';
import type { SoarOptions } from '../../src/soar-types.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { type Step, scriptedAgent } from '../support/scripted-agent.ts';
import { ONE_TRY, watch } from '../support/watched-run.ts';

const QUERY = 'Explain how the gate grants leases across the whole system, and why the breaker refuses starts';
const documents = [
  { path: 'gate.md', text: '# Gate\n\nThe gate grants a lease when limits allow it.' },
  { path: 'breaker.md', text: '# Breaker\n\nAn open breaker refuses starts.' },
];
const decomposition = {
  goal: 'Explain gate and breaker',
  subgoals: [
    { id: 'gate', title: 'Gate', prompt: 'How does the gate grant leases?', agent: 'worker', match: 'excellent' },
    {
      id: 'breaker',
      title: 'Breaker',
      prompt: 'Why does the breaker refuse starts?',
      match: 'insufficient',
      idealAgent: { name: 'Breaker expert', description: 'Knows circuit breakers' },
    },
    {
      id: 'both',
      title: 'Both',
      prompt: 'What do they have to do with each other?',
      agent: 'worker',
      dependsOn: ['gate', 'breaker'],
    },
  ],
};
const ANSWER = 'The gate grants leases [gate] (gate.md:3), the breaker refuses [breaker], both before a start [both].';
const MARKS = '{"coherence":0.9,"completeness":0.9,"grounding":0.9,"issues":[]}';

const GOOD: Record<string, readonly Step[]> = {
  'phase:decompose': [{ ms: 100, ok: `Here it is:\n\`\`\`json\n${JSON.stringify(decomposition)}\n\`\`\`` }],
  breaker: [{ ms: 50, ok: 'It is open.' }],
  'phase:synthesize': [{ ms: 100, ok: ANSWER }],
  'phase:synthesize-score': [{ ms: 100, ok: MARKS }],
};
const WORK: Record<string, readonly Step[]> = {
  gate: [{ ms: 10, ok: 'When limits allow (gate.md:3).' }],
  both: [{ ms: 10, ok: 'Both come before a start.' }],
};

function ask(
  script: Record<string, readonly Step[]> = {},
  options: Partial<SoarOptions> = {},
  profile: Parameters<typeof scriptedAgent>[2] = {},
) {
  const clock = new VirtualClock();
  const llm = scriptedAgent(clock, { ...GOOD, ...script }, { description: 'A model', provider: 'mind' });
  const worker = scriptedAgent(clock, { ...WORK, ...script }, profile);
  const soar = createSoar({
    agents: { llm, worker },
    policy: ONE_TRY,
    random: () => 0.5,
    phases: { ...modelPhases({ agentId: 'llm' }), retrieve: createDocumentRetriever(documents) },
    ...options,
    clock,
  });
  return { llm, worker, ...watch(soar.ask(QUERY), clock, soar) };
}
type Asked = ReturnType<typeof ask>;
const notes = ({ of }: Asked) => of('phase.note').map(({ message }) => message);
const outcomes = (result: Awaited<ReturnType<Asked['settled']>>) =>
  result.outcomes.map(({ taskId, agentId, status }) => `${taskId} ${agentId} ${status}`);

describe('a question whose phases ask a model', () => {
  it('is taken apart, routed, worked on and answered by agents', async () => {
    const run = ask();
    const result = await run.settled();
    expect(result).toMatchObject({ status: 'succeeded', complexity: 'complex', answer: ANSWER, confidence: 0.9 });
    expect(outcomes(result)).toEqual([
      'gate worker succeeded',
      'breaker breaker-expert succeeded',
      'both worker succeeded',
    ]);
    expect(result.sources).toEqual([{ taskId: 'gate', path: 'gate.md', startLine: 3, endLine: 3 }]);
    expect(notes(run)).toEqual([]);
    expect(result.metadata.phases.map(({ phase, by, calls }) => [phase, by, calls])).toEqual([
      ['assess', 'offline', 0],
      ['retrieve', 'offline', 0],
      ['decompose', 'llm', 1],
      ['route', 'offline', 0],
      ['synthesize', 'llm', 2],
    ]);
  });

  it('has its passages and the question in what the agents are asked', async () => {
    const run = ask();
    await run.settled();
    const gate = run.worker.calls.find(({ taskId }) => taskId === 'gate');
    expect(gate?.request.passages?.map(({ path }) => path)).toContain('gate.md');
    expect(gate?.prompt).toContain('The gate grants a lease when limits allow it.');
    expect(gate?.prompt).toContain(`This is part of the question: ${QUERY}`);
    const breaker = run.llm.calls.find(({ taskId }) => taskId === 'breaker');
    expect(breaker?.prompt).toMatch(/^Act as: Breaker expert\. Knows circuit breakers\./);
    expect(run.worker.calls.find(({ taskId }) => taskId === 'both')?.prompt).toContain('✓ [breaker]: It is open.');
  });

  it('outlives an answer without an end, which goes back once', async () => {
    const whole = JSON.stringify(decomposition);
    const run = ask({
      'phase:decompose': [{ ok: whole.slice(0, 200) }],
      'phase:decompose-repair': [{ ok: whole }],
    });
    const result = await run.settled();
    expect(outcomes(result)).toHaveLength(3);
    expect(result.metadata.phases[2]).toMatchObject({ by: 'llm', calls: 2 });
    expect(notes(run)).toEqual([]);
  });

  it('is taken apart by its words, and says so, when the model gives no plan', async () => {
    const run = ask({ 'phase:decompose': [{ ok: 'No.' }], 'phase:decompose-repair': [{ ok: 'No!' }] });
    const result = await run.settled();
    expect(result.status).toBe('succeeded');
    expect(result.outcomes.length).toBeGreaterThanOrEqual(2);
    expect(notes(run)[0]).toContain('taken apart by its words: Still after a repair: There is no JSON in the answer.');
    expect(result.metadata.phases[2]).toMatchObject({ by: 'offline', calls: 2 });
  });

  it('waits for a rate-limited model, and asks it again', async () => {
    const plan = JSON.stringify(decomposition);
    const limited = { fail: 'rate_limited', details: { retryAfterMs: 30_000 } } as const;
    const run = ask({ 'phase:decompose': [limited, { ms: 100, ok: plan }] });
    const result = await run.settled();
    expect(result.status).toBe('succeeded');
    expect(notes(run)).toEqual([]);
    expect(run.llm.calls.slice(0, 2).map(({ at }) => at)).toEqual([0, 30_000]);
  });

  it('does without the model where it is locked out, in every phase, and says so', async () => {
    const denied = [{ fail: 'auth', message: 'Bad key' }] as const;
    const run = ask({ 'phase:decompose': denied, 'phase:synthesize': denied });
    const result = await run.settled();
    expect(result.status).toBe('succeeded');
    expect(notes(run)).toHaveLength(2);
    for (const note of notes(run)) expect(note).toContain('Bad key (auth)');
    expect(result.answer).not.toBe('');
    expect(result.metadata.phases.map(({ by }) => by)).toEqual(Array(5).fill('offline'));
  });

  it('is honest about a task that failed', async () => {
    const run = ask({ breaker: [{ fail: 'invalid_model', message: 'No such model' }] });
    const result = await run.settled();
    expect(result).toMatchObject({ status: 'partial', confidence: 0.6 });
    expect(result.answer).toContain('### What failed\n- breaker: failed (invalid_model): No such model');
    const asked = run.llm.calls.find(({ taskId }) => taskId === 'phase:synthesize')?.prompt;
    expect(asked).toContain('It has no result. (invalid_model) No such model');
    expect(asked).toContain('in square brackets: [gate], [both].');
  });

  it('says so, and asks no agent, when every task failed', async () => {
    const failing = [{ fail: 'auth', message: 'Bad key' }] as const;
    const run = ask({ gate: failing, breaker: failing, both: failing });
    const result = await run.settled();
    expect(result).toMatchObject({ status: 'failed' });
    expect(result).not.toHaveProperty('confidence');
    expect(result.answer).toMatch(/^No task succeeded, so there is no answer\./);
    expect(run.llm.calls.filter(({ taskId }) => taskId.startsWith('phase:synthesize'))).toEqual([]);
  });

  it('gives nothing that a model wrote to a command without a description, though it is the default', async () => {
    const open = decomposition.subgoals.map(({ agent: _, match: __, ...subgoal }) => subgoal);
    const script = { 'phase:decompose': [{ ok: JSON.stringify({ subgoals: open }) }] };
    const bare = ask(script, { defaultAgent: 'worker' }, { kind: 'command' });
    expect(outcomes(await bare.settled()).map((line) => line.split(' ')[1])).toEqual(['llm', 'breaker-expert', 'llm']);
    expect(bare.worker.calls).toEqual([]);
    const described = ask(script, { defaultAgent: 'worker' }, { kind: 'command', description: 'Reads questions' });
    expect(outcomes(await described.settled())[0]).toBe('gate worker succeeded');
  });

  it('has no task taken over by a command without a description, when its own agent fails, and says so', async () => {
    const failing = [{ fail: 'auth', message: 'Bad key' }] as const;
    const open = decomposition.subgoals.map(({ agent: _, match: __, ...subgoal }) => subgoal);
    const script = { 'phase:decompose': [{ ok: JSON.stringify({ subgoals: open }) }], gate: failing, both: failing };
    const bare = ask(script, { fallback: 'worker' }, { kind: 'command' });
    const { outcomes, metadata, plan } = await bare.settled();
    expect(outcomes.map(({ via, status }) => `${via} ${status}`)).toEqual([
      'agent failed',
      'agent succeeded',
      'agent failed',
    ]);
    expect(bare.worker.calls).toEqual([]);
    expect(plan).not.toHaveProperty('fallback');
    expect(metadata.phases.find(({ phase }) => phase === 'route')?.note).toContain('`worker` takes over no task');
    const described = ask(script, { fallback: 'worker' }, { kind: 'command', description: 'Reads questions' });
    expect((await described.settled()).metadata.fallbackCount).toBe(2);
  });

  it('asks no model about a simple question', async () => {
    const clock = new VirtualClock();
    const llm = scriptedAgent(clock, [{ ok: 'A right to run.' }]);
    const soar = createSoar({ agents: { llm }, clock, phases: modelPhases({ agentId: 'llm' }) });
    const result = await clock.settle(soar.ask('What is a lease?').result);
    expect(result).toMatchObject({ complexity: 'simple', answer: 'A right to run.' });
    expect(llm.calls.map(({ taskId }) => taskId)).toEqual(['what-is-a-lease']);
  });

  it('is answered from what is there when the budget is spent', async () => {
    const run = ask({}, { budget: { attempts: 3 } });
    const result = await run.settled();
    expect(outcomes(result)).toEqual([
      'gate worker succeeded',
      'breaker breaker-expert succeeded',
      'both worker skipped',
    ]);
    expect(notes(run)).toEqual([expect.stringContaining('(budget)')]);
    expect(result.answer).toContain('When limits allow');
  });

  it('is cancelled in the middle of a phase', async () => {
    const run = ask({ 'phase:decompose': [{ hang: true }] });
    await run.clock.advance(50);
    run.run.cancel('enough');
    const result = await run.settled();
    expect(result).toMatchObject({ status: 'cancelled', outcomes: [] });
    expect(notes(run)).toEqual([]);
  });

  it('gives a plan that, written to a file and read again, runs the same', async () => {
    const clock = new VirtualClock();
    const make = () => ({
      agents: { llm: scriptedAgent(clock, GOOD), worker: scriptedAgent(clock, WORK) },
      policy: ONE_TRY,
      clock,
      phases: { ...modelPhases({ agentId: 'llm' }), retrieve: createDocumentRetriever(documents) },
    });
    const planned = await clock.settle(createSoar(make()).plan(QUERY).result);
    const text = formatPlanYaml(withPlaces(planned.plan as Plan));
    expect(text).toContain('breaker-expert:\n    kind: adHoc\n    base: llm\n    role: Breaker expert\n');
    expect(text).toContain('read:\n      - gate.md:1-3\n');
    const read = withReading(parsePlanText(text), (entry) => {
      const all = (planned.plan as Plan).tasks.flatMap(({ passages = [] }) => passages);
      const found = all.find(({ id }) => id === entry);
      if (!found) throw new Error('not there');
      return found;
    });
    expect(read).toEqual(planned.plan);
    const again = make();
    const result = await clock.settle(createSoar(again).run(read).result);
    expect(outcomes(result)).toEqual([
      'gate worker succeeded',
      'breaker breaker-expert succeeded',
      'both worker succeeded',
    ]);
    expect(again.agents.llm.calls[0]?.prompt).toMatch(/^Act as: Breaker expert\./);
  });
});
