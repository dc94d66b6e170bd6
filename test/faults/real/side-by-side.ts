import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Chance } from '../random.ts';
import type { Bench } from './bench.ts';

/**
 * What an agent does to be found in company. It notes its pid, and whether the attempt before it still runs; the first attempt then
 * stays, in a way that the chance chooses, the next ones end at once.
 */
const WAYS = [
  'sleep 300',
  // Ignores the polite signal.
  'trap "" TERM; sleep 300; sleep 300',
  // With a child of its own.
  'sleep 300 & wait',
  // As a daemon: in another session, without its parent.
  '(exec setsid bash -c \'echo $$ >> "pids.$SOAR_TASK_ID"; sleep 300\' >/dev/null 2>&1 &); sleep 300',
  // Stopped.
  'kill -STOP $$; sleep 300',
];

const MEETS = `
for old in $(cat "pids.$SOAR_TASK_ID" 2>/dev/null); do
  state=$(sed 's/.*) //' "/proc/$old/stat" 2>/dev/null | cut -c1)
  [ -n "$state" ] && [ "$state" != Z ] && [ "$state" != X ] && echo "$SOAR_ATTEMPT_KEY met $old ($state)" >> met
done
echo $$ >> "pids.$SOAR_TASK_ID"
`;

export function stayingPlan(chance: Chance) {
  const sh = { kind: 'command' as const, command: ['bash', '-c', '{{prompt}}'] };
  const way = chance.pick(WAYS);
  return {
    agents: { sh },
    defaults: { agent: 'sh' },
    policy: { preset: 'test' as const, retry: { retries: 0 }, breaker: { enabled: false } },
    maxConcurrent: 2,
    tasks: ['a', 'b'].map((id) => ({
      id,
      prompt: `${MEETS}\n[ -e calm ] && exit\n${way}`,
    })),
  };
}

/** Lets every attempt that starts from now on end at once. */
export function calm(bench: Bench): void {
  bench.write('calm', '');
}

/** Counts attempts that ran beside an earlier one of their task as faults. */
export function checkCompany(bench: Bench): void {
  const path = join(bench.dir, 'met');
  if (existsSync(path)) bench.fault(`Attempts ran side by side: ${readFileSync(path, 'utf8').trim()}`);
}
