import type { Fault, Findings } from '../findings.ts';
import { chanceOf } from '../random.ts';
import { Bench, VICTIM } from './bench.ts';

const plan = {
  agents: { sh: { kind: 'command' as const, command: ['bash', '-c', '{{prompt}}'] } },
  defaults: { agent: 'sh' },
  policy: { preset: 'test' as const, retry: { retries: 0 }, breaker: { enabled: false } },
  maxConcurrent: 2,
  tasks: Array.from({ length: 6 }, (_, i) => ({ id: `t${i}`, prompt: 'sleep 0.4' })),
};

/** Several processes want one run at the same time; one of them may stand still, which is not a reason to take its run. */
async function attempt(seed: number): Promise<Findings> {
  const chance = chanceOf(seed);
  const bench = new Bench();
  const die = { die: { at: 'task.settled', nth: chance.between(1, 2), moment: 'committed' } };
  await bench.start(VICTIM, [bench.write('first.json', { stateDir: '.soar', plan, ...die })]).exit;
  const path = bench.write('next.json', { stateDir: '.soar', plan });
  const rivals = [bench.start(VICTIM, [path]), bench.start(VICTIM, [path]), bench.start(VICTIM, [path])];
  if (chance.oneIn(2)) {
    const owner = await Promise.race(
      rivals.map((rival) => new Promise<(typeof rivals)[number]>((done) => rival.heard(() => done(rival)))),
    );
    owner.child.kill('SIGSTOP');
    const late = bench.start(VICTIM, [path]);
    await late.exit;
    owner.child.kill('SIGCONT');
    rivals.push(late);
  }
  const exits = await Promise.all(rivals.map(({ exit }) => exit));
  const owners = exits.filter(({ events }) => events.some(({ type }) => type === 'attempt.started'));
  if (owners.length !== 1) bench.fault(`${owners.length} processes ran tasks of one run.`);
  for (const { code, stderr, events } of exits) {
    if (owners.some((owner) => owner.events === events) || code === 0) continue;
    if (!/is under way in process \d+/.test(stderr))
      bench.fault(`A rival was not told who has it: ${stderr.slice(0, 200)}`);
  }
  bench.check(plan.tasks.map(({ id }) => id));
  return bench.close();
}

export const twoOwners: Fault = {
  id: 'two-owners',
  about: 'three processes resume one run at once, and the one that has it stands still (SIGSTOP)',
  tries: 8,
  attempt,
};
