import type { SoarOptions } from '../create-soar.ts';
import { secretsOf } from '../trace/mask.ts';
import type { TraceSink } from '../trace/sink.ts';
import type { RunFlags } from './flags.ts';

export interface Watchers {
  options: Pick<SoarOptions, 'trace'>;
  /** Where to look, for people. */
  notes: string[];
}

/** What `--trace` and `--inspect` ask for. A trace file holds prompts and outputs, masked, and is its owner's alone. */
export async function openWatchers({ trace, inspect }: RunFlags): Promise<Watchers> {
  const sinks: TraceSink[] = [];
  const notes: string[] = [];
  if (trace !== undefined) {
    const { fileSink } = await import('../node/trace-file.ts');
    sinks.push(fileSink(trace));
  }
  if (typeof inspect === 'string') {
    const { statelyWebSocket } = await import('../node/stately-websocket.ts');
    sinks.push(statelyWebSocket({ url: inspect }));
  } else if (inspect) {
    const { statelyServer } = await import('../node/stately-server.ts');
    const server = await statelyServer();
    sinks.push(server);
    notes.push(`inspect: ${server.url} (or connect an inspector to ${server.webSocketUrl})`);
  }
  return {
    options: sinks.length === 0 ? {} : { trace: { sinks, texts: true, secrets: secretsOf(process.env) } },
    notes,
  };
}
