import type { Interrupt } from './exit-code.ts';

const SIGNALS: readonly Interrupt[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** How long after a signal the copy of it arrives that npm passes on, milliseconds. */
const COPY_MS = 100;

/**
 * Calls back for the first signal that asks this process to end, and for the second.
 *
 * A terminal that closes (SIGHUP) asks that only of a command whose stdout is a terminal: what is read elsewhere is still wanted.
 * Under `npm run` and `npx` Ctrl-C arrives twice, from the terminal and from npm: such a copy does not count.
 *
 * @returns how to stop.
 */
export function onInterrupt(first: (signal: Interrupt) => void, second: (signal: Interrupt) => void): () => void {
  const copies = ['soar', 'npx'].includes(process.env.npm_lifecycle_event ?? '');
  let since: number | null = null;
  const listener = (signal: NodeJS.Signals) => {
    if (signal === 'SIGHUP' && process.stdout.isTTY !== true) return;
    const now = performance.now();
    if (since === null) {
      since = now;
      first(signal as Interrupt);
    } else if (!copies || now - since > COPY_MS) {
      second(signal as Interrupt);
    }
  };
  for (const signal of SIGNALS) process.on(signal, listener);
  return () => {
    for (const signal of SIGNALS) process.off(signal, listener);
  };
}
