import { chmodSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Fault, Findings } from '../findings.ts';
import { chanceOf } from '../random.ts';
import { Bench, VICTIM } from './bench.ts';

const SHORT = pathToFileURL(join(import.meta.dirname, 'short-spawn.mjs')).href;
const CODES = ['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM', 'ETXTBSY'];
const IDS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

/** A machine that has no process or file handle left for some starts, and a program that is gone for a second. */
async function attempt(seed: number): Promise<Findings> {
  const chance = chanceOf(seed);
  const bench = new Bench();
  mkdirSync(join(bench.dir, 'bin'));
  const tool = bench.write('bin/tool', '#!/bin/bash\ncat >/dev/null; sleep 0.1; echo done\n');
  chmodSync(tool, 0o755);
  const plan = {
    agents: { tool: { kind: 'command' as const, command: ['tool'] } },
    // One failure of the agent would open its breaker and fail the rest.
    policy: { retry: { retries: 0 }, breaker: { failureThreshold: 1 } },
    maxConcurrent: chance.between(1, 3),
    tasks: IDS.map((id) => ({ id, prompt: id, agent: 'tool' })),
  };
  const isGone = chance.oneIn(2);
  const short = { code: chance.pick(CODES), every: chance.between(3, 6), most: chance.between(1, 2) };
  const env = {
    PATH: `${join(bench.dir, 'bin')}:${process.env.PATH}`,
    ...(isGone ? {} : { SOAR_FAULT_SPAWN: JSON.stringify(short), NODE_OPTIONS: `--import ${SHORT}` }),
  };
  const running = bench.start(VICTIM, [bench.write('plan-of-it.json', { stateDir: '.soar', plan })], { env });
  if (isGone) {
    let moving: NodeJS.Timeout | undefined;
    running.heard((event) => {
      if (moving || event.type !== 'task.settled') return;
      renameSync(tool, `${tool}.new`);
      moving = setTimeout(() => renameSync(`${tool}.new`, tool), 1000);
    });
    void running.exit.then(() => clearTimeout(moving));
  }
  const { code, events } = await running.exit;
  const result = events.flatMap((event) => (event.type === 'run.settled' ? [event.result] : []))[0];
  const what = isGone
    ? 'a program that was gone for a second'
    : `${short.code} for ${short.most} of ${short.every} starts`;
  if (code !== 0) bench.fault(`The process ended with ${code} after ${what}.`);
  for (const { taskId, status, error } of result?.outcomes ?? [])
    if (status !== 'succeeded') bench.fault(`After ${what} task ${taskId} ${status}: ${error?.message}`);
  bench.check(IDS);
  return bench.close();
}

export const badSecond: Fault = {
  id: 'bad-second',
  about: 'a machine without a process or file handle for some starts, a program that is gone for a second',
  tries: 12,
  attempt,
};
