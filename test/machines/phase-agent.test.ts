import { describe, expect, it } from 'vitest';
import { resolveAgents } from '../../src/agents/resolve.ts';
import { createSoar } from '../../src/create-soar.ts';
import { memoryJournal } from '../../src/journal/memory-journal.ts';
import { soarMachines } from '../../src/phase-agent.ts';
import type { AskOptions, SoarOptions } from '../../src/soar-types.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import type { Agent, AgentRequest } from '../../src/types/agent.ts';
import { ONE_TRY, watch } from '../support/watched-run.ts';

const QUERY = 'Compare how the gate and the breaker protect a provider, and design what is missing in both of them?';

const PROPOSAL = {
  goal: 'Know both',
  subgoals: [
    { id: 'gate', title: 'The gate', prompt: 'How does the gate protect a provider?' },
    { id: 'breaker', title: 'The breaker', prompt: 'How does the breaker protect a provider?' },
    {
      id: 'design',
      title: 'What is missing',
      prompt: 'Design what is missing in both.',
      dependsOn: ['gate', 'breaker'],
    },
  ],
};

/** Thinks in phases and works on tasks, as a real model would. */
function mind(kind: NonNullable<Agent['kind']>, say: (request: AgentRequest) => string = answerTo) {
  const asked: string[] = [];
  const run = (request: AgentRequest) => {
    asked.push(request.taskId);
    return say(request);
  };
  return { kind, staggerMs: 0, run, asked };
}

function answerTo({ taskId }: AgentRequest): string {
  if (taskId.startsWith('phase:decompose')) return JSON.stringify(PROPOSAL);
  if (taskId.startsWith('phase:assess'))
    return JSON.stringify({ complexity: 'complex', confidence: 0.9, reason: 'long' });
  if (taskId.startsWith('phase:synthesize')) return 'Both protect it. [gate] [breaker]';
  return `${taskId} is answered`;
}

function ask(options: SoarOptions, run: AskOptions = {}) {
  const clock = new VirtualClock();
  const soar = createSoar({ policy: ONE_TRY, random: () => 0.5, ...options, clock });
  return watch(soar.ask(QUERY, { runId: 'q', ...run }), clock, soar);
}

const doneBy = async (run: ReturnType<typeof ask>) =>
  Object.fromEntries((await run.settled()).metadata.phases.map(({ phase, by }) => [phase, by]));

describe('the agent that thinks', () => {
  it.each(['model', 'cli'] as const)('is the default agent when that is of kind %s', async (kind) => {
    const one = mind(kind);
    const run = ask({ agents: { one } });
    expect(await doneBy(run)).toMatchObject({ decompose: 'one', synthesize: 'one', retrieve: 'offline' });
    expect((await run.run.result).outcomes.map(({ taskId }) => taskId)).toEqual(['gate', 'breaker', 'design']);
  });

  it.each(['function', 'command'] as const)('is absent when the default agent is of kind %s', async (kind) => {
    const one = mind(kind);
    expect(await doneBy(ask({ agents: { one } }))).toMatchObject({ decompose: 'offline', synthesize: 'offline' });
    expect(one.asked.filter((taskId) => taskId.startsWith('phase:'))).toEqual([]);
  });

  it('is absent on request', async () => {
    const agents = { one: mind('model') };
    expect(await doneBy(ask({ agents, phaseAgent: false }))).toMatchObject({ decompose: 'offline' });
    expect(await doneBy(ask({ agents }, { phaseAgent: false }))).toMatchObject({ decompose: 'offline' });
  });

  it('may be any that is named, and a run has the last word', async () => {
    const agents = { worker: mind('command'), first: mind('function'), second: mind('function') };
    expect(await doneBy(ask({ agents, phaseAgent: 'first' }))).toMatchObject({ decompose: 'first' });
    expect(await doneBy(ask({ agents, phaseAgent: 'first' }, { phaseAgent: 'second' }))).toMatchObject({
      decompose: 'second',
    });
  });

  it('must be one of the agents', () => {
    expect(() => ask({ agents: { one: mind('model') }, phaseAgent: 'two' })).toThrow(
      'Expected `phaseAgent` to be one of the agents `one`, got `two`.',
    );
  });

  it('has a machine that is kept when it is the engine’s, and ends with its run when that brought it', () => {
    const machineFor = soarMachines({}, resolveAgents({ one: mind('model') }));
    for (const id of ['one', null]) expect(machineFor(id)).toBe(machineFor(id));
    expect(machineFor('brought')).not.toBe(machineFor('brought'));
  });

  it('does not do a phase of another agent', async () => {
    const phases = { synthesize: () => ({ answer: 'mine', confidence: 1, sources: [] }) };
    const run = ask({ agents: { one: mind('model') }, phases });
    expect(await doneBy(run)).toMatchObject({ decompose: 'one', synthesize: 'offline' });
    expect((await run.run.result).answer).toBe('mine');
  });

  it('is reported of, and the words decide, when it gives nothing of use', async () => {
    const one = mind('model', ({ taskId }) => (taskId.startsWith('phase:') ? 'I would rather not.' : 'done'));
    const run = ask({ agents: { one } });
    expect(await doneBy(run)).toMatchObject({ decompose: 'offline' });
    expect(run.of('phase.note').find(({ phase }) => phase === 'decompose')?.message).toContain(
      'no usable decomposition',
    );
    const { phases } = (await run.run.result).metadata;
    expect(phases.find(({ phase }) => phase === 'decompose')).toMatchObject({ calls: 2, attempts: 2 });
  });

  it('thinks on in a run that is resumed', async () => {
    const clock = new VirtualClock();
    const journal = memoryJournal();
    const agents = { one: mind('function', () => JSON.stringify(PROPOSAL)), two: mind('function') };
    const never = () => new Promise<never>(() => {});
    const common = { agents, clock, policy: ONE_TRY };
    createSoar({ ...common, journal, phases: { retrieve: never } }).ask(QUERY, { runId: 'q', phaseAgent: 'two' });
    await clock.advance(10);
    const soar = createSoar({ ...common, journal: journal.crash() });
    const result = await clock.settle(soar.resume('q').result);
    expect(result.metadata.phases.find(({ phase }) => phase === 'decompose')?.by).toBe('two');
  });
});

describe('a plan of a question', () => {
  it('is made by the same agent and the same phases, and runs nothing', async () => {
    const one = mind('model');
    const clock = new VirtualClock();
    const journal = memoryJournal();
    const soar = createSoar({ agents: { one }, clock, journal, policy: ONE_TRY });
    const run = watch(soar.plan(QUERY), clock, soar);
    const result = await run.settled();
    expect(result).toMatchObject({ status: 'succeeded', outcomes: [], plan: { tasks: [{ id: 'gate' }, {}, {}] } });
    expect(run.of('phase.started').map(({ phase }) => phase)).toEqual(['assess', 'retrieve', 'decompose', 'route']);
    expect(one.asked.every((taskId) => taskId.startsWith('phase:'))).toBe(true);
    expect(result.metadata.phases.map(({ phase }) => phase)).toEqual(['assess', 'retrieve', 'decompose', 'route']);
    expect(journal.list()).toEqual([]);
    const { services } = soar.actor.getSnapshot();
    expect(services.gate.getSnapshot().context.ledger.accounts.runs.size).toBe(0);
    await soar.close();
  });

  it('is one task when the question is simple', async () => {
    const one = mind('model');
    const clock = new VirtualClock();
    const soar = createSoar({ agents: { one }, clock });
    const run = watch(soar.plan('What is a gate?'), clock, soar);
    const { plan, complexity } = await run.settled();
    expect(complexity).toBe('simple');
    expect(plan).toMatchObject({ tasks: [{ prompt: 'What is a gate?', agent: 'one' }] });
    expect(run.of('phase.started').map(({ phase }) => phase)).toEqual(['assess', 'retrieve', 'route']);
  });
});
