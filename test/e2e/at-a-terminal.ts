import { spawn, spawnSync } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { quoted } from '../support/processes.ts';
import { SOAR } from './soar-cli.ts';

/** Whether this machine has what gives a process a terminal of its own: `script` of util-linux. */
export const hasScript =
  spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') ?? false;

export interface AtTerminal {
  /** Resolves when the terminal shows the text, counted from what was last waited for. */
  shows(text: string): Promise<void>;
  /** Everything shown so far. */
  screen(): string;
  type(text: string): void;
  /** Exit code, and everything that was shown. */
  ended: Promise<{ code: number | null; screen: string }>;
}

/** Starts `soar` at a pseudo-terminal, by the tool that Linux has for it; killed when the test ends. */
export function soarAtTerminal(
  args: readonly string[],
  options: { cwd: string; env?: Record<string, string | undefined> },
): AtTerminal {
  // `exec`: a shell that stays in between may take a Ctrl-C for itself, and end with 130 whatever the command's code is.
  const line = `exec ${quoted(...SOAR, ...args)}`;
  const child = spawn('script', ['--quiet', '--flush', '--return', '--command', line, '/dev/null'], {
    cwd: options.cwd,
    env: { ...process.env, NO_COLOR: '1', TERM: 'xterm', ...options.env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let screen = '';
  let read = 0;
  const listeners = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    screen += chunk;
    for (const listener of listeners) listener();
  });
  const ended = new Promise<{ code: number | null; screen: string }>((done, fail) => {
    child.on('error', fail);
    child.on('close', (code) => done({ code, screen }));
  });
  return {
    ended,
    screen: () => screen,
    type: (text) => void child.stdin.write(text),
    shows: (text) =>
      new Promise<void>((done, fail) => {
        const look = () => {
          const at = screen.indexOf(text, read);
          if (at < 0) return;
          read = at + text.length;
          listeners.delete(look);
          done();
        };
        listeners.add(look);
        look();
        void ended.then(() => fail(new Error(`The terminal never showed ${text}:\n${screen}`)));
      }),
  };
}
