import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';

/** Runs in the checkout itself keep what they record, and what breakers learn, out of it. */
const checkout = resolve(import.meta.dirname, '../..');
const main = resolve(import.meta.dirname, '../../src/cli/main.ts');

/** The command that runs the command line from its source: Node takes the types out by itself. */
export const SOAR: readonly [string, ...string[]] = [process.execPath, main];

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface Running {
  child: ChildProcess;
  ended: Promise<Ended>;
  /** Resolves when stdout or stderr contains the text; rejects when the process ends without. */
  said(text: string): Promise<void>;
  /** stdout, then stderr, so far. */
  heard(): string;
}

export interface SpawnOptions {
  cwd: string;
  stdin?: string;
  env?: Record<string, string | undefined>;
}

/** Starts `soar` with arguments; killed when the test ends. */
export function startSoar(args: readonly string[], options: SpawnOptions): Running {
  const [program, ...first] = SOAR;
  const stateDir = resolve(options.cwd) === checkout ? mkdtempSync(join(tmpdir(), 'soar-state-')) : undefined;
  if (stateDir) onTestFinished(() => rmSync(stateDir, { recursive: true, force: true }));
  const child = spawn(program, [...first, ...args], {
    cwd: options.cwd,
    env: { ...process.env, NO_COLOR: '1', SOAR_STATE_DIR: stateDir, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const heard = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      heard[name] += chunk;
      for (const listener of listeners) listener();
    });
  }
  child.stdin.on('error', () => {});
  child.stdin.end(options.stdin ?? '');
  const ended = new Promise<Ended>((done, fail) => {
    child.on('error', fail);
    child.on('close', (code, signal) => done({ code, signal, ...heard }));
  });
  const said = (text: string) =>
    new Promise<void>((done, fail) => {
      const look = () => (heard.stdout + heard.stderr).includes(text) && done();
      listeners.add(look);
      look();
      void ended.then(({ stdout, stderr }) => fail(new Error(`It never said ${text}:\n${stdout}\n${stderr}`)));
    });
  return { child, ended, said, heard: () => heard.stdout + heard.stderr };
}

/** Runs `soar` to its end. */
export function runSoar(args: readonly string[], options: SpawnOptions): Promise<Ended> {
  return startSoar(args, options).ended;
}

/** Writes a file into a directory and gives its path. */
export async function writeIn(directory: string, name: string, content: string | object): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}
