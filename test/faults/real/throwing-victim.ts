/** A process all of whose user's code throws: `throwing-victim.ts <stateDir> <seed>`. Says its result on stdout, if it survives. */
import { jsonOf } from '../../../src/journal/json-of.ts';
import { createSoar } from '../../../src/node/create-soar.ts';
import { sqliteJournal } from '../../../src/node/store/sqlite-journal.ts';
import type { TraceRecord } from '../../../src/trace/trace.schema.ts';
import type { Agent, AgentFunction } from '../../../src/types/agent.ts';
import { chanceOf } from '../random.ts';

const [, , dir = '.soar', seed = '0'] = process.argv;
const chance = chanceOf(Number(seed));

const trap = {
  get message(): string {
    throw new Error('Reading it throws.');
  },
};
const THROWN: readonly unknown[] = [
  null,
  undefined,
  'a string',
  new Error('an error'),
  Object.freeze({}),
  trap,
  42n,
  Symbol('s'),
];

/** Throws half of the time whatever comes to hand. */
function perhaps(): void {
  if (chance.oneIn(2)) throw chance.pick(THROWN);
}

const throwing: AgentFunction = async (_, { output, heartbeat, progress }) => {
  output('before ');
  heartbeat();
  progress({ done: 1, total: 2 });
  perhaps();
  return 'done';
};
const WRONG: readonly (() => unknown)[] = [
  () => null,
  () => 7,
  () => ({ output: 7 }),
  () => ({ output: 'fine', data: trap }),
  () => Promise.reject(trap),
];
const wrong = { run: () => chance.pick(WRONG)() } as unknown as Agent;

const journal = sqliteJournal({ dir });
const soar = createSoar({
  agents: { throwing, wrong },
  journal,
  policy: { preset: 'test', retry: { retries: 1, baseDelayMs: 1 }, breaker: { enabled: false } },
  inspect: () => perhaps(),
  trace: { sinks: [{ write: (_: TraceRecord) => perhaps(), close: async () => perhaps() }] },
  phases: {
    synthesize: () => {
      throw trap;
    },
  },
});
const [known] = journal.list();
const plan = {
  tasks: Array.from({ length: 12 }, (_, i) => ({
    id: `t${i}`,
    prompt: 'x',
    agent: i % 3 === 0 ? 'wrong' : 'throwing',
    dependsOn: i > 3 ? [`t${i - 4}`] : [],
  })),
};
const run = known ? soar.resume(known.runId) : soar.run(plan);
run.events$.subscribe((event) => {
  process.stdout.write(`${jsonOf(event)}\n`);
  perhaps();
});
run.progress$.subscribe(perhaps);
run.heartbeats$.subscribe(perhaps);
run.actor.subscribe(perhaps);
await run.result;
const asked = await soar.ask('What is here?', { contextFiles: [] }).result;
if (asked.status === 'succeeded') throw new Error('A phase that throws was not noticed.');
await soar.close();
journal.close();
