import type { Fault, Findings } from '../findings.ts';
import { type Chance, chanceOf } from '../random.ts';
import { Bench, VICTIM } from './bench.ts';
import type { Instructions } from './victim.ts';

type Death = NonNullable<Instructions['die']>;

const sh = { kind: 'command' as const, command: ['bash', '-c', '{{prompt}}'] };
const TWICE = 'if [ "$SOAR_ATTEMPT" = 1 ]; then';

/** A bit of everything that leaves a record: a retry, a rate limit, a failure that a breaker notes, children. */
const PLAN = {
  agents: { sh, limited: sh, broken: sh },
  policy: {
    preset: 'test' as const,
    retry: { retries: 1, strategy: 'fixed' as const, baseDelayMs: 100, jitter: 0 },
    breaker: { enabled: true, failureThreshold: 9, fastFailThreshold: 9 },
  },
  defaults: { agent: 'sh' },
  maxConcurrent: 3,
  // The last task runs, so a run is over only after its last settlement.
  onDependencyFailure: 'proceed' as const,
  tasks: [
    { id: 'quick', prompt: 'echo quick' },
    { id: 'again', prompt: `${TWICE} exit 1; fi; echo again`, dependsOn: ['quick'] },
    {
      id: 'limited',
      agent: 'limited',
      prompt: `${TWICE} echo "429 Too Many Requests, retry after 1s" >&2; exit 1; fi; echo at last`,
    },
    { id: 'family', prompt: 'sleep 0.2 & echo here; wait' },
    { id: 'refused', agent: 'broken', prompt: 'echo "401 Unauthorized" >&2; exit 1' },
    { id: 'end', prompt: 'echo end', dependsOn: ['again', 'family', 'refused'] },
  ],
};
const IDS = PLAN.tasks.map(({ id }) => id);
const QUERY = 'What does the gate do? How does the breaker open?';

const KINDS = [
  'run.opened',
  'plan.compiled',
  'attempt.started',
  'process.started',
  'task.parked',
  'task.settled',
  'run.settled',
  'run.resumed',
  'run.interrupted',
  'task.interrupted',
  'phase.completed',
  'breaker',
  'pace',
] as const;
const MOMENTS = ['before', 'committed', 'onDisk', 'told'] as const;

/** Runs a victim with instructions; true when it died of them. */
async function live(bench: Bench, instructions: Omit<Instructions, 'stateDir'>): Promise<boolean> {
  const path = bench.write('instructions.json', { stateDir: '.soar', ...instructions });
  const { code, signal, stderr } = await bench.start(VICTIM, [path]).exit;
  if (code !== 0 && signal !== 'SIGKILL') bench.fault(`A process ended with ${code ?? signal}: ${stderr.trim()}`);
  return signal === 'SIGKILL';
}

async function attempt(seed: number): Promise<Findings> {
  const chance = chanceOf(seed);
  const at = KINDS[seed % KINDS.length] as string;
  const moment = MOMENTS[Math.floor(seed / KINDS.length) % MOMENTS.length] as Death['moment'];
  const bench = new Bench();
  bench.write('gate.md', 'The gate paces starts.\n\nThe breaker opens after failures.\n');
  const isQuery = at === 'phase.completed';
  const what = isQuery ? { query: QUERY } : { plan: PLAN };
  const interrupts = at.endsWith('.interrupted') ? { interruptAt: chance.between(1, 4) } : {};
  if (at === 'run.resumed') {
    // The sixth settlement is the last: nothing is left to resume.
    await live(bench, { ...what, die: { at: 'task.settled', moment: 'committed', nth: chance.between(1, 5) } });
  }
  const died = await live(bench, { ...what, ...interrupts, die: deathOf(chance, at, moment) });
  // No event reports a breaker, a pace or a start by a name of its own: then it may well live.
  if (!died && moment !== 'told' && !isUnsure(at)) bench.fault(`It did not die at ${at} (${moment}).`);
  if (chance.oneIn(3)) await live(bench, { ...what, die: deathOf(chance, chance.pick(KINDS), chance.pick(MOMENTS)) });
  await live(bench, what);
  if (await live(bench, what)) bench.fault('It died again.');
  bench.check(isQuery ? [] : IDS);
  return bench.close();
}

/** Whether a run may come to its end with fewer records of a kind. */
function isUnsure(at: string): boolean {
  return ['task.interrupted', 'breaker', 'pace'].includes(at);
}

const MANY: Readonly<Record<string, number>> = {
  'attempt.started': 7,
  'process.started': 7,
  'task.settled': 6,
  'phase.completed': 5,
};

function deathOf(chance: Chance, at: string, moment: Death['moment']): Death {
  return { at, moment, nth: chance.between(1, MANY[at] ?? 1) };
}

export const killAtRecords: Fault = {
  id: 'kill-at-record',
  about:
    'kill -9 at each kind of record: before it is committed, before and after it is on the disk, when it is published',
  tries: KINDS.length * MOMENTS.length,
  attempt,
};
