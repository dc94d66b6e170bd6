import type { Fault, Findings } from '../findings.ts';
import { chanceOf } from '../random.ts';
import { Bench, VICTIM } from './bench.ts';

/** Misbehaviour of agents, as shell. `ends`: by itself, or it must be made to. */
const MISDEEDS: readonly { name: string; does: string; ends: boolean; stdin?: string }[] = [
  { name: 'forks and leaves its children behind', does: 'sleep 300 & (sleep 300 &) ; echo bye', ends: true },
  {
    name: 'forks into sessions of their own and waits',
    does: 'setsid sleep 300 & setsid bash -c "sleep 300 & wait" & wait',
    ends: false,
  },
  { name: 'ignores every signal it can', does: "trap '' TERM INT HUP QUIT; while :; do sleep 0.1; done", ends: false },
  { name: 'closes its pipes and stays', does: 'exec 0<&- 1>&- 2>&-; sleep 300', ends: false },
  { name: 'floods 500 MB', does: 'head -c 500000000 /dev/zero | tr "\\0" x', ends: true },
  {
    name: 'floods 100 MB on stderr without a line break',
    does: 'head -c 100000000 /dev/zero | tr "\\0" y >&2',
    ends: true,
  },
  { name: 'writes 5 MB of rubbish', does: 'head -c 5000000 /dev/urandom', ends: true },
  { name: 'stands still, as in a system call that never returns', does: 'kill -STOP $$', ends: false },
  { name: 'stops its child and waits for it', does: 'sleep 300 & kill -STOP $!; wait', ends: false },
  {
    name: 'never reads what it is told',
    does: 'exec 0<&-; sleep 0.1; echo ok',
    ends: true,
    stdin: 'x'.repeat(2_000_000),
  },
  { name: 'kills itself', does: 'kill -KILL $$', ends: true },
];

/** No more than this, whatever an agent says, megabytes. */
const MOST_MEMORY = 450;

async function attempt(seed: number): Promise<Findings> {
  const chance = chanceOf(seed);
  const { name, does, ends, stdin } = MISDEEDS[seed % MISDEEDS.length] as (typeof MISDEEDS)[number];
  const bench = new Bench();
  const bad = {
    kind: 'command' as const,
    command: ['bash', '-c', does],
    prompt: stdin ? ('stdin' as const) : ('none' as const),
  };
  const good = { kind: 'command' as const, command: ['echo', 'good'], prompt: 'none' as const };
  const plan = {
    agents: { bad, good },
    policy: { preset: 'test' as const, retry: { retries: 0 }, breaker: { enabled: false } },
    tasks: [
      { id: 'bad', agent: 'bad', prompt: stdin ?? '', timeoutMs: ends ? 60_000 : 800 },
      { id: 'beside', agent: 'good', prompt: '' },
      { id: 'after', agent: 'good', prompt: '', dependsOn: ['bad'] },
    ],
  };
  const about = { stateDir: '.soar', plan, killGraceMs: 600, measures: true };
  // Sometimes the process that watches over it dies first, and the next one must clean up.
  if (chance.oneIn(2)) {
    const die = { die: { at: 'process.started', nth: 2, moment: 'committed' } };
    await bench.start(VICTIM, [bench.write('first.json', { ...about, ...die })]).exit;
  }
  const { code, stderr } = await bench.start(VICTIM, [bench.write('next.json', about)]).exit;
  if (code !== 0) bench.fault(`The run of an agent that ${name} ended with ${code}: ${stderr.slice(0, 200)}`);
  const megabytes = Number(/megabytes=(\d+)/.exec(stderr)?.[1]);
  if (!(megabytes < MOST_MEMORY)) bench.fault(`An agent that ${name} made it take ${megabytes} MB.`);
  bench.check(['bad', 'beside', 'after']);
  return bench.close();
}

export const badAgents: Fault = {
  id: 'bad-agent',
  about:
    'agents that fork, ignore signals, close their pipes, flood 500 MB, write rubbish, stand still (SIGSTOP), read nothing',
  tries: 2 * MISDEEDS.length,
  attempt,
};
