import { describe, expect, it } from 'vitest';
import { type AnyActorLogic, createActor, setup, toPromise, waitFor } from 'xstate';
import { resolveAgent } from '../../src/agents/resolve.ts';
import { AgentError } from '../../src/errors/agent-error.ts';
import type { GateReply } from '../../src/machines/gate/events.ts';
import {
  breakerMachine,
  collectMachine,
  gateMachine,
  soarMachine,
  taskMachine,
  waveMachine,
} from '../../src/machines/index.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import type { AgentFunction } from '../../src/types/agent.ts';
import { ear } from '../support/ear.ts';

const main: AgentFunction = ({ prompt }) => `${prompt}!`;
const task = { id: 'a', prompt: 'hello' };

async function ended(logic: AnyActorLogic, input: unknown) {
  const clock = new VirtualClock();
  const actor = createActor(logic, { input: input as never, clock } as never) as ReturnType<typeof createActor>;
  actor.start();
  return clock.settle(toPromise(actor)) as Promise<Record<string, never>>;
}

describe('a machine that runs alone', () => {
  it('runs a task with an agent', async () => {
    expect(await ended(taskMachine, { task, agent: main })).toMatchObject({
      outcome: { taskId: 'a', status: 'succeeded', via: 'agent', output: 'hello!' },
    });
  });

  it('runs a task through rate limits, retries and its fallback', async () => {
    let calls = 0;
    const flaky: AgentFunction = () => {
      calls += 1;
      if (calls === 1) throw new AgentError('rate_limited', 'HTTP 429', { retryAfterMs: 1000 });
      throw new AgentError('connection', 'lost');
    };
    const { outcome } = await ended(taskMachine, { task, agent: flaky, fallback: main, policy: 'patient' });
    expect(outcome).toMatchObject({ status: 'succeeded', via: 'fallback', output: 'hello!' });
    expect(calls).toBe(3);
  });

  it('runs a task in a machine of a user, whose events are its own', async () => {
    const seen: string[] = [];
    const parent = setup({ actors: { task: taskMachine } }).createMachine({
      initial: 'asking',
      on: { '*': { actions: ({ event }) => seen.push(event.type) } },
      states: {
        asking: {
          invoke: { id: 'ask', src: 'task', input: { task, agent: main, policy: 'fastFail' }, onDone: 'answered' },
        },
        answered: { type: 'final' },
      },
      output: ({ event }) => (event as { output?: unknown }).output,
    });
    const actor = createActor(parent).start();
    await waitFor(actor, (snapshot) => snapshot.status === 'done');
    expect(seen).toEqual([]);
  });

  it('runs a wave of tasks, each with the agent it names', async () => {
    const tasks = [task, { id: 'b', prompt: 'x', agent: 'other' }, { id: 'c', prompt: 'y', agent: 'none' }];
    const policy = { preset: 'fastFail', retry: { retries: 0 } };
    const input = { tasks, agents: { main, other: main }, policy };
    expect(await ended(waveMachine, input)).toEqual({ wave: 1, succeeded: 2, failed: 1, partial: 0 });
  });

  it('runs a plan, and a question', async () => {
    const engine = { agents: { main } };
    expect(await ended(collectMachine, { plan: { tasks: [task] }, engine })).toMatchObject({ status: 'succeeded' });
    expect(await ended(soarMachine, { query: 'Why?', engine })).toMatchObject({ status: 'succeeded' });
  });

  it('is a gate that grants, without any input', () => {
    const clock = new VirtualClock();
    const { heard, ref } = ear<GateReply>(clock);
    const gate = createActor(gateMachine, { clock } as never).start();
    const agent = resolveAgent('main', main);
    gate.send({ type: 'start.request', requestId: '1', runId: 'r', taskId: 'a', agent, breaker: false, ref });
    expect(heard.map(({ type }) => type)).toEqual(['start.granted']);
    gate.stop();
  });
});

describe('a machine without the input it needs', () => {
  for (const { machine, input, says } of [
    { machine: taskMachine, input: undefined, says: ['`input.task` to be a task', '`input.agent`', 'got nothing'] },
    { machine: taskMachine, input: { task: 5, agent: 'x' }, says: ['got `5` (number)', 'got `x` (string)'] },
    { machine: waveMachine, input: { tasks: [] }, says: ['`input.agents` to be agents by id'] },
    { machine: collectMachine, input: undefined, says: ['`input.plan` to be a plan'] },
    { machine: soarMachine, input: {}, says: ['`input.query` to be a question'] },
    { machine: breakerMachine, input: undefined, says: ["`input.agentId` to be an agent's id"] },
  ]) {
    it(`says what is missing: ${machine.id} with ${JSON.stringify(input)}`, () => {
      const errors: Error[] = [];
      const actor = createActor(machine as AnyActorLogic, { input: input as never } as never);
      actor.subscribe({ error: (error: unknown) => errors.push(error as Error) });
      actor.start();
      for (const part of says) expect(errors[0]?.message).toContain(part);
    });
  }
});
