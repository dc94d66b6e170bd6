import { AgentError, createSoar, definePlan, type RunResult } from 'soar-machine';
import { soarMachine, taskMachine } from 'soar-machine/machines';
import { commandAgent, createSoar as createNodeSoar, sqliteJournal } from 'soar-machine/node';
import { otelSink } from 'soar-machine/otel';
import { VirtualClock } from 'soar-machine/testing';

const clock = new VirtualClock();
const soar = createSoar({
  agents: {
    twice: async ({ prompt, insteadOf }, { signal }) => {
      if (signal.aborted) throw new AgentError('sold_out', insteadOf?.agentId ?? '');
      return prompt + prompt;
    },
  },
  clock,
  trace: [otelSink()],
});
const plan = definePlan({ tasks: [{ id: 'a', prompt: 'ha' }] });
export const result: Promise<RunResult> = soar.run(plan).result;
export const ids = [soarMachine.id, taskMachine.id];
export const node = () =>
  createNodeSoar({ agents: { cat: commandAgent({ command: ['cat'] }) }, journal: sqliteJournal() });

export async function follow(): Promise<number> {
  let count = 0;
  for await (const event of soar.run(plan).events$) if (event.type === 'task.settled') count += event.settled;
  return count;
}
