import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Fault, Findings } from '../findings.ts';
import { chanceOf } from '../random.ts';
import { Bench, VICTIM } from './bench.ts';

const JUMP = pathToFileURL(join(import.meta.dirname, 'clock-jump.mjs')).href;
const HOUR = 3_600_000;
/** A run that takes a second or two; with a wait that got longer by an hour it would not end. */
const LIMIT_MS = 40_000;

const plan = {
  agents: { sh: { kind: 'command' as const, command: ['bash', '-c', '{{prompt}}'] } },
  defaults: { agent: 'sh' },
  policy: {
    preset: 'test' as const,
    retry: { retries: 1, strategy: 'fixed' as const, baseDelayMs: 700, jitter: 0 },
    breaker: { enabled: false },
  },
  staggerMs: 100,
  timeoutMs: 1_000_000,
  tasks: [
    { id: 'again', prompt: 'test "$SOAR_ATTEMPT" = 2' },
    { id: 'slow', prompt: 'sleep 0.8' },
    { id: 'next', prompt: 'sleep 0.3', dependsOn: ['again', 'slow'] },
  ],
};

/** The clock jumps while a process runs, and is another one in the process that continues after a kill. */
async function attempt(seed: number): Promise<Findings> {
  const chance = chanceOf(seed);
  const bench = new Bench();
  const jumps = [-HOUR, -3000, 3000, HOUR];
  const clock = (offsetMs: number) => {
    const jump = { offsetMs, jumpAfterMs: chance.between(300, 1400), jumpByMs: chance.pick(jumps) };
    return { SOAR_FAULT_CLOCK: JSON.stringify(jump), NODE_OPTIONS: `--import ${JUMP}` };
  };
  const die = {
    die: { at: chance.pick(['task.settled', 'task.parked', 'attempt.started']), nth: 1, moment: 'committed' },
  };
  await bench.start(VICTIM, [bench.write('first.json', { stateDir: '.soar', plan, ...die })], { env: clock(0) }).exit;
  // Only a clock that is put back: forward, the time of the run may be over.
  const second = bench.start(VICTIM, [bench.write('second.json', { stateDir: '.soar', plan })], {
    env: clock(chance.pick([-HOUR, -3000, 0, 3000])),
  });
  const late = setTimeout(() => {
    bench.fault(`It waits for a clock: nothing ended within ${LIMIT_MS} ms.`);
    second.child.kill('SIGKILL');
  }, LIMIT_MS);
  await second.exit;
  clearTimeout(late);
  bench.check(plan.tasks.map(({ id }) => id));
  return bench.close();
}

export const clockJumps: Fault = {
  id: 'clock-jump',
  about: 'the wall clock jumps by 3 s or an hour, back and forth, while a process runs and between two of them',
  tries: 10,
  attempt,
};
