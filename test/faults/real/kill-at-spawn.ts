import type { Fault, Findings } from '../findings.ts';
import { type Chance, chanceOf } from '../random.ts';
import { Bench, VICTIM } from './bench.ts';
import { calm, checkCompany, stayingPlan } from './side-by-side.ts';
import type { Instructions } from './victim.ts';

type DieAfter = NonNullable<Instructions['dieAfter']>;

/** A process dies as often as asked, then another one comes to the end of the run. */
async function livesOf(chance: Chance, deaths: readonly DieAfter[]): Promise<Findings> {
  const bench = new Bench();
  const plan = stayingPlan(chance);
  for (const dieAfter of deaths) {
    const path = bench.write('instructions.json', { stateDir: '.soar', plan, dieAfter });
    const { signal, code, stderr } = await bench.start(VICTIM, [path]).exit;
    if (signal !== 'SIGKILL') bench.fault(`A process ended with ${code ?? signal}: ${stderr.trim()}`);
  }
  calm(bench);
  const path = bench.write('instructions.json', { stateDir: '.soar', plan });
  const { code, stderr } = await bench.start(VICTIM, [path]).exit;
  if (code !== 0) bench.fault(`The last one ended with ${code}: ${stderr.trim()}`);
  checkCompany(bench);
  bench.check(plan.tasks.map(({ id }) => id));
  return bench.close();
}

/** Within 10 ms of a start: with its pid not recorded yet, recorded and not committed, or just committed. */
function atSpawn(chance: Chance): DieAfter {
  return { at: 'spawn', nth: chance.between(1, 2), ms: chance.oneIn(2) ? 0 : chance.between(1, 10) };
}

export const killAtSpawn: Fault = {
  id: 'kill-at-spawn',
  about:
    'kill -9 within 10 ms of the start of an agent, also before its pid is recorded; agents that ignore signals, or leave',
  tries: 200,
  attempt(seed) {
    const chance = chanceOf(seed);
    return livesOf(chance, [atSpawn(chance)]);
  },
};

export const killResume: Fault = {
  id: 'kill-resume',
  about: 'kill -9 of a process that resumes a killed run, while it ends what was left behind; then of the next one',
  tries: 50,
  attempt(seed) {
    const chance = chanceOf(seed);
    const inResume = (): DieAfter => ({
      at: 'orphans',
      nth: 1,
      ms: chance.pick([0, chance.between(1, 30), 300, 2020]),
    });
    const next = (): DieAfter => (chance.oneIn(3) ? atSpawn(chance) : inResume());
    return livesOf(chance, [atSpawn(chance), inResume(), ...(chance.oneIn(2) ? [next()] : [])]);
  },
};
