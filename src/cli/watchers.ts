import type { StatelyServer } from '../node/view/stately-server.ts';
import type { SoarOptions } from '../soar-types.ts';
import type { TraceSink } from '../trace/sink.ts';
import type { RunFlags } from './flags.ts';
import { onInterrupt } from './interrupts.ts';
import { say } from './stdout.ts';

export interface Watchers {
  options: Pick<SoarOptions, 'trace'>;
  /** Where to look, for people. */
  notes: string[];
  /**
   * Ends what shows the run, once that is over. At a terminal, an inspector's server stays until Ctrl-C: a
   * short run is over before a browser has connected.
   */
  close(ended: { isWatched: boolean }): Promise<void>;
}

export const NO_WATCHERS: Watchers = { options: {}, notes: [], async close() {} };

/** Outputs for `--trace` and `--inspect`. A trace file holds prompts and outputs, masked, and is its owner's alone. */
export async function openWatchers({ trace, inspect }: RunFlags): Promise<Watchers> {
  const sinks: TraceSink[] = [];
  const notes: string[] = [];
  let server: StatelyServer | null = null;
  if (trace !== undefined) {
    const { fileSink } = await import('../node/view/trace-file.ts');
    sinks.push(fileSink(trace));
  }
  if (typeof inspect === 'string' && /^wss?:/.test(inspect)) {
    const { statelyWebSocket } = await import('../node/view/stately-websocket.ts');
    sinks.push(statelyWebSocket({ url: inspect }));
  } else if (inspect) {
    const { statelyServer } = await import('../node/view/stately-server.ts');
    server = await statelyServer(inspect === true ? {} : { page: inspect, allowedOrigins: [new URL(inspect).origin] });
    const { mode, write, url, webSocketUrl } = server;
    // Without its `close`: it outlives the recording.
    sinks.push({ ...(mode ? { mode } : {}), write });
    notes.push(`inspect: ${url} (or connect an inspector to ${webSocketUrl})`);
  }
  return {
    options: sinks.length === 0 ? {} : { trace: { sinks, texts: true, secrets: process.env } },
    notes,
    async close({ isWatched }) {
      if (!server) return;
      // Kept until everything is closed: under npm the same Ctrl-C comes twice.
      const { interrupted, release } = interruption();
      if (isWatched) {
        say(`The run is over; ${server.url} still shows it. Ctrl-C ends that.`);
        // The server itself keeps no process alive.
        const stay = setInterval(() => {}, 2 ** 30);
        await interrupted;
        clearInterval(stay);
      }
      await server.close?.();
      release();
    },
  };
}

function interruption(): { interrupted: Promise<void>; release: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return {
    interrupted: promise,
    release: onInterrupt(
      () => resolve(),
      () => {},
    ),
  };
}
