import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { RunEvent } from '../../../src/run/events.ts';
import type { RunResult } from '../../../src/run/result.ts';
import { type Findings, nothing } from '../findings.ts';

const root = resolve(import.meta.dirname, '../../..');
export const VICTIM = join(import.meta.dirname, 'victim.ts');
export const CLI = join(root, 'src/cli/main.ts');
const TYPES = process.features.typescript ? [] : ['--import', 'tsx'];

/** Said by a process that cannot write its journal any more, or whose run is another's: what it says then is its own. */
const UNRECORDED = /can no longer be recorded|records nothing more/;

/** No process of a try takes anything like that, milliseconds. */
const LIMIT_MS = 90_000;

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
  events: RunEvent[];
  stdout: string;
  stderr: string;
}

export interface Spawned {
  child: ChildProcess;
  exit: Promise<Exit>;
  /** Called for every event as it is heard. */
  heard(listener: (event: RunEvent) => void): void;
}

export interface SpawnOptions {
  env?: Record<string, string>;
  /** Put before the program: `setpriv …`, `bash -c …`. */
  wrapper?: readonly string[];
}

/**
 * A folder, a state folder in it, and the processes that use them. Every process that is started here, and what it starts,
 * carries a mark in its environment, so that what is left at the end is found whatever it did.
 */
export class Bench {
  readonly dir = mkdtempSync(join(tmpdir(), 'soar-faults-'));
  readonly mark = `soar-fault-${randomUUID()}`;
  readonly findings: Findings = nothing();
  readonly #announced = new Set<string>();
  readonly #results: RunResult[] = [];

  /** Tasks that were reported as settled, by any process. */
  get settled(): number {
    return this.#announced.size;
  }

  get store(): string {
    return join(this.dir, '.soar/soar.db');
  }

  write(name: string, content: string | object): string {
    const path = join(this.dir, name);
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  }

  fault(sentence: string): void {
    this.findings.faults.push(sentence);
  }

  /** Starts a script of this project. What it announces is held against what later processes do. */
  start(script: string, args: readonly string[], { env = {}, wrapper = [] }: SpawnOptions = {}): Spawned {
    const argv = [...wrapper, process.execPath, ...TYPES, script, ...args];
    const child = spawn(argv[0] as string, argv.slice(1), {
      cwd: this.dir,
      env: { ...process.env, NO_COLOR: '1', npm_lifecycle_event: undefined, ...env, SOAR_FAULT_MARK: this.mark },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const before = new Set(this.#announced);
    const events: RunEvent[] = [];
    let isRecorded = true;
    const listeners = new Set<(event: RunEvent) => void>();
    const said = { stdout: '', stderr: '' };
    let rest = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      said.stderr += chunk;
    });
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      said.stdout += chunk;
      const lines = `${rest}${chunk}`.split('\n');
      // The last line of a process that is killed may be cut off.
      rest = lines.pop() ?? '';
      for (const line of lines.filter((one) => one.startsWith('{'))) {
        const event = JSON.parse(line) as RunEvent;
        events.push(event);
        if (event.type === 'warning' && UNRECORDED.test(event.message)) isRecorded = false;
        if (isRecorded) this.#hear(event, before);
        for (const listener of listeners) listener(event);
      }
    });
    const late = setTimeout(() => {
      this.fault(`${script} did not end within ${LIMIT_MS} ms.`);
      child.kill('SIGKILL');
    }, LIMIT_MS);
    void once(child, 'close').then(() => clearTimeout(late));
    const exit = new Promise<Exit>((done) => {
      child.on('close', (code, signal) => done({ code, signal, events, ...said }));
      child.on('error', (error) => done({ code: null, signal: null, events, ...said, stderr: String(error) }));
    });
    return { child, exit, heard: (listener) => listeners.add(listener) };
  }

  #hear(event: RunEvent, before: ReadonlySet<string>): void {
    if (event.type === 'attempt.started' && before.has(event.taskId)) this.findings.repeated += 1;
    // What a signal stops is reported as cancelled, and has not settled.
    if (event.type === 'task.settled' && event.outcome.error?.kind !== 'cancelled')
      this.#announced.add(event.outcome.taskId);
    if (event.type === 'run.settled' && event.result.error?.kind !== 'cancelled') this.#results.push(event.result);
  }

  /** The records of the only run there is. */
  entries(): { type: string; taskId: string | null }[] {
    if (!existsSync(this.store)) return [];
    const db = new DatabaseSync(this.store, { readOnly: true });
    try {
      const taskId = "coalesce(json_extract(body, '$.report.outcome.taskId'), json_extract(body, '$.taskId'))";
      const rows = db.prepare(`SELECT type, ${taskId} AS taskId FROM entries ORDER BY run, seq`).all();
      return rows as { type: string; taskId: string | null }[];
    } finally {
      db.close();
    }
  }

  /** Holds the records, and every reported result, against the plan. */
  check(taskIds: readonly string[]): void {
    const settled = new Map<string, number>();
    for (const { type, taskId } of this.entries()) {
      if (taskId === null) continue;
      if (type === 'attempt.started' && settled.has(taskId)) this.findings.repeated += 1;
      if (type === 'task.settled') settled.set(taskId, (settled.get(taskId) ?? 0) + 1);
    }
    for (const id of taskIds) {
      const times = settled.get(id) ?? 0;
      if (times === 0) this.findings.lost += 1;
      if (times > 1) this.findings.repeated += 1;
    }
    const [first, ...others] = this.#results.map((result) => JSON.stringify(result));
    if (first === undefined) this.fault('The run never came to a result.');
    if (others.some((other) => other !== first)) this.fault('The run came to two different results.');
  }

  /** Counts what still runs, ends it, and removes the folder. */
  close(): Findings {
    for (const pid of marked(this.mark)) {
      this.findings.leaked += 1;
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has just ended.
      }
    }
    rmSync(this.dir, { recursive: true, force: true });
    return this.findings;
  }
}

/** Processes that carry a mark in their environment and have not ended. */
export function marked(mark: string): number[] {
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name);
    if (!Number.isInteger(pid)) return [];
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      if (/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2))) return [];
      return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(mark) ? [pid] : [];
    } catch {
      return [];
    }
  });
}
