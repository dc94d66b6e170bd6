import type { Fault, Findings } from '../findings.ts';
import { chanceOf } from '../random.ts';
import { Bench, VICTIM } from './bench.ts';
import { calm, checkCompany, stayingPlan } from './side-by-side.ts';

/** Heartbeats of the owner that stands still seem that old to the next one, milliseconds. */
const AHEAD_MS = 60_000;

/** An owner stands still, a process of another machine takes its run over, and the owner continues: early, late, or when all is over. */
async function attempt(seed: number): Promise<Findings> {
  const chance = chanceOf(seed);
  const bench = new Bench();
  const plan = stayingPlan(chance);
  const about = { stateDir: '.soar', plan, killGraceMs: 500 };
  const first = bench.start(VICTIM, [bench.write('first.json', { ...about, machine: 'one/boot/ns' })]);
  await new Promise<void>((resolve) => {
    let starts = 0;
    first.heard(({ type }) => {
      starts += type === 'attempt.started' ? 1 : 0;
      if (starts === 2) resolve();
    });
  });
  await new Promise((resolve) => setTimeout(resolve, chance.below(20)));
  first.child.kill('SIGSTOP');

  const isOver = chance.oneIn(2);
  if (isOver) calm(bench);
  const next = bench.start(VICTIM, [bench.write('next.json', { ...about, machine: 'two/boot/ns', aheadMs: AHEAD_MS })]);
  if (isOver) await next.exit;
  else
    await new Promise<void>((resolve) => {
      next.heard(({ type }) => type === 'attempt.started' && resolve());
    });
  const before = bench.entries().length;
  first.child.kill('SIGCONT');
  const late = await first.exit;
  const said = late.events.find((event) => event.type === 'run.settled');
  const message = said?.type === 'run.settled' ? (said.result.error?.message ?? '') : '';
  const expected = isOver
    ? /has ended as succeeded/
    : new RegExp(`belongs to process ${next.child.pid} on two since 2`);
  if (!expected.test(message)) bench.fault(`The late owner said: ${message} ${late.stderr.trim()}`);
  if (!isOver) {
    if (next.child.exitCode !== null) bench.fault('The new owner has ended.');
    if (
      bench.entries().length !== before &&
      bench
        .entries()
        .slice(before)
        .some(({ type }) => type === 'task.interrupted')
    )
      bench.fault('The late owner wrote.');
    next.child.kill('SIGKILL');
    await next.exit;
    calm(bench);
    const { code, stderr } = await bench.start(VICTIM, [
      bench.write('last.json', { ...about, machine: 'two/boot/ns', aheadMs: AHEAD_MS }),
    ]).exit;
    if (code !== 0) bench.fault(`The last one ended with ${code}: ${stderr.trim()}`);
  }
  checkCompany(bench);
  bench.check(plan.tasks.map(({ id }) => id));
  return bench.close();
}

export const pausedOwner: Fault = {
  id: 'paused-owner',
  about:
    'an owner stands still (SIGSTOP), another machine takes its run over, and it continues, during that run or after it',
  tries: 20,
  attempt,
};
