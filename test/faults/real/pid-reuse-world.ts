/**
 * Runs in a process namespace of its own: `pid-reuse-world.ts <seed>`. A run is killed, its agents end, and their pids go to processes
 * of others. Then the run is resumed. Prints its findings.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { chanceOf } from '../random.ts';
import { Bench, marked, VICTIM } from './bench.ts';
import { calm, stayingPlan } from './side-by-side.ts';

/** Values in place of a pid, of the many that a damaged journal may hold. JSON texts. */
const NO_PIDS = ['0', '1', '-1', 'true', '"1"', '1e99', 'null', '2147483648', '1.5', '[7]', String(process.pid)];

/** The leader of a group, with a child, of no concern to soar-machine. It notes every signal that can be noted. */
const BYSTANDER = `
for s in TERM INT HUP QUIT USR1 USR2 CONT; do trap "echo $s >> hits" $s; done
sleep 1004 & child=$!; echo $child; while :; do wait; sleep 0.05; done`;

const chance = chanceOf(Number(process.argv[2]));
const bench = new Bench();
const plan = stayingPlan(chance);
const tasks = plan.tasks.map(({ id }) => id);

const dieAfter = { at: 'spawn' as const, nth: 2, ms: 200 };
await bench.start(VICTIM, [bench.write('instructions.json', { stateDir: '.soar', plan, dieAfter })]).exit;
const left = processes();
if (left.length === 0) bench.fault('No process was recorded.');

// Its agents end by themselves, with all they have started: a group that is left would keep its number.
for (let pids = marked(bench.mark); pids.length > 0; pids = marked(bench.mark)) {
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  await sleep(5);
}
const bystanders: { child: ChildProcess; pids: number[] }[] = [];
// The highest first: their children get the next numbers.
for (const { pid } of left.toSorted((a, b) => b.pid - a.pid)) bystanders.push(await bystanderWith(pid));
if (chance.oneIn(4)) forge(chance.pick(NO_PIDS));
// A group whose leader has gone.
if (chance.oneIn(2)) {
  const [one] = bystanders;
  one?.child.kill('SIGKILL');
  if (one) one.pids.shift();
}

calm(bench);
const path = bench.write('instructions.json', { stateDir: '.soar', plan });
const { code, stderr } = await bench.start(VICTIM, [path]).exit;
const isRefused = code === 2 && /damaged/.test(stderr);
if (code !== 0 && !isRefused) bench.fault(`The resume ended with ${code}: ${stderr.trim()}`);
for (const { pids } of bystanders)
  bench.findings.bystanders += pids.filter((pid) => !existsSync(`/proc/${pid}`)).length;
const hits = join(bench.dir, 'hits');
if (existsSync(hits)) bench.findings.bystanders += readFileSync(hits, 'utf8').trim().split('\n').length;
if (!isRefused) bench.check(tasks);
writeSync(1, `${JSON.stringify({ findings: bench.close() })}\n`);
// Takes the bystanders along, with their namespace.
process.exit(0);

function processes(): { pid: number }[] {
  const db = new DatabaseSync(bench.store, { readOnly: true });
  const rows = db.prepare("SELECT body FROM entries WHERE type = 'process.started'").all();
  db.close();
  return rows.map(({ body }) => JSON.parse(body as string) as { pid: number });
}

/** Starts a foreign process under a pid that is free, as the leader of a group. */
async function bystanderWith(pid: number): Promise<{ child: ChildProcess; pids: number[] }> {
  for (let tries = 0; tries < 500; tries += 1) {
    // Its zombie is collected soon.
    if (existsSync(`/proc/${pid}`)) {
      await sleep(20);
      continue;
    }
    writeFileSync('/proc/sys/kernel/ns_last_pid', String(pid - 1));
    const child = spawn('bash', ['-c', BYSTANDER], {
      cwd: bench.dir,
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
    if (child.pid === pid) return { child, pids: [pid, Number(line)] };
    process.kill(Number(line), 'SIGKILL');
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  throw new Error(`No process got the pid ${pid}: ${statOf(pid)}`);
}

function statOf(pid: number): string {
  return existsSync(`/proc/${pid}/status`) ? readFileSync(`/proc/${pid}/status`, 'utf8').slice(0, 200) : 'it is free';
}

/** Damages what the journal says of a process, and leaves its start time as that of the process that has its pid now. */
function forge(pid: string): void {
  const db = new DatabaseSync(bench.store);
  db.prepare("UPDATE entries SET body = json_set(body, '$.pid', json(?)) WHERE type = 'process.started'").run(pid);
  db.close();
}
