import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, expect, jest, test } from '@jest/globals';
import { AgentError, createSoar } from 'soar-machine';
import { commandAgent } from 'soar-machine/node';
import { VirtualClock } from 'soar-machine/testing';

const plan = { tasks: [{ id: 'a', prompt: 'ha' }] };

function flaky() {
  let calls = 0;
  return ({ prompt }) => {
    calls += 1;
    if (calls === 1) throw new AgentError('connection', 'lost');
    return { output: prompt, data: { list: [calls] } };
  };
}

afterEach(() => {
  jest.useRealTimers();
});

test('runs functions and commands, each in the context of its run', async () => {
  const users = new AsyncLocalStorage();
  const seen = [];
  const look = () => {
    seen.push(users.getStore());
    return 'ok';
  };
  const soar = createSoar({ agents: { look, cat: commandAgent({ command: ['cat'] }) } });
  const run = (user, agent) => users.run(user, () => soar.run({ tasks: [{ id: 'a', prompt: 'ha', agent }] }).result);
  const results = await Promise.all([run('ann', 'look'), run('bob', 'look'), run('cyd', 'cat')]);
  expect(results.map(({ outcomes }) => outcomes[0].output)).toEqual(['ok', 'ok', 'ha']);
  expect(seen).toEqual(['ann', 'bob']);
  await soar.close();
});

test('moves a run through its retries with all timers faked', async () => {
  jest.useFakeTimers();
  const { result } = createSoar({ agents: { flaky: flaky() } }).run(plan);
  await jest.advanceTimersByTimeAsync(60_000);
  expect((await result).outcomes[0]).toMatchObject({ status: 'succeeded', data: { list: [2] } });
});

test('leaves the virtual clock alone', async () => {
  jest.useFakeTimers();
  const clock = new VirtualClock();
  const { result } = createSoar({ agents: { flaky: flaky() }, clock }).run(plan);
  expect((await clock.settle(result)).status).toBe('succeeded');
});
