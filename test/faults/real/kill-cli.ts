import { setImmediate } from 'node:timers/promises';
import { type Fault, type Findings, isClean } from '../findings.ts';
import { chanceOf } from '../random.ts';
import { Bench, CLI, marked } from './bench.ts';

export interface KilledRun {
  tasks: number;
  kills: number;
  seed: number;
  /** Hears what happens, for people. */
  say?: (line: string) => void;
}

function planOf(tasks: number) {
  return {
    goal: `Settle ${tasks} tasks, each once`,
    agents: { sh: { kind: 'command', command: ['bash', '-c', '{{prompt}}'] } },
    defaults: { agent: 'sh' },
    policy: { preset: 'test', retry: { retries: 0 }, breaker: { enabled: false } },
    schedule: 'eager',
    maxConcurrent: 4,
    tasks: Array.from({ length: tasks }, (_, i) => ({
      id: `t${i + 1}`,
      // A child of its own, so that there is something to leave behind.
      prompt: `sleep 0.0${1 + (i % 5)} & wait; echo ${i + 1}`,
      dependsOn: i % 10 === 9 ? [`t${i}`] : [],
    })),
  };
}

/** `soar run`, killed with -9 so many times in the middle of its work, and resumed as often. */
export async function killedRun({ tasks, kills, seed, say = () => {} }: KilledRun): Promise<Findings> {
  const chance = chanceOf(seed);
  const bench = new Bench();
  const plan = planOf(tasks);
  const path = bench.write('plan.json', plan);
  let runId = '';
  for (let life = 0; life <= kills; life += 1) {
    const command = runId === '' ? ['run', path] : ['resume', runId];
    const { child, exit, heard } = bench.start(CLI, [...command, '--jsonl', '--quiet']);
    // An even share of what there is, so that there is always something left to be killed in.
    const atMost = Math.max(1, Math.floor(tasks / (kills + 1)));
    const after = chance.between(1, atMost);
    const alreadySettled = bench.settled;
    let more = chance.below(8);
    heard((event) => {
      runId = event.runId;
      if (life === kills || bench.settled - alreadySettled < after) return;
      if (more === 0) child.kill('SIGKILL');
      more -= 1;
    });
    const { code, signal } = await exit;
    const how = signal === null ? `ended with exit code ${code}` : `killed with ${signal}`;
    const orphans = marked(bench.mark).length;
    say(`soar ${command[0]}: ${how}; ${bench.settled} of ${tasks} settled, ${orphans} processes left behind`);
    if (signal !== null && signal !== 'SIGKILL') bench.fault(`It ended with ${signal}.`);
    if (life === kills && code !== 0) bench.fault(`The last one ended with ${code}.`);
    if (life === kills) break;
    // What is left behind has ended by itself before the next one comes, or has not.
    if (chance.oneIn(2)) while (marked(bench.mark).length > 0) await setImmediate();
  }
  const again = await bench.start(CLI, ['resume', runId, '--jsonl', '--quiet']).exit;
  if (again.events.some(({ type }) => type === 'attempt.started')) bench.fault('A run that had ended ran again.');
  bench.check(plan.tasks.map(({ id }) => id));
  const records = bench.entries();
  const count = (type: string) => records.filter((record) => record.type === type).length;
  say(`records: ${count('attempt.started')} attempts started, ${count('task.settled')} tasks settled`);
  return bench.close();
}

export const killCli: Fault = {
  id: 'kill-cli',
  about: '`soar run` of 40 tasks, killed with -9 three times and resumed each time',
  tries: 6,
  attempt: (seed) => killedRun({ tasks: 40, kills: 3, seed }),
};

/** The demonstration: prints what it does, and gives the exit code. */
export async function demonstrate(seed: number): Promise<number> {
  const say = (line: string) => console.log(line);
  const found = await killedRun({ tasks: 200, kills: 5, seed, say });
  const { lost, repeated, leaked, faults } = found;
  say(`${lost} tasks lost, ${repeated} repeated after they had settled, ${leaked} processes leaked; seed ${seed}.`);
  for (const sentence of faults) say(sentence);
  return isClean(found) ? 0 : 1;
}
