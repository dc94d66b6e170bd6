import { fork } from 'node:child_process';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Received, Reply, ServerScript } from './model-server-process.ts';

export type { Received, Reply } from './model-server-process.ts';

export interface ModelServer {
  /** Base URL of its OpenAI-compatible interface. */
  url: string;
  /** What it was asked until now, in order. */
  received(): Promise<readonly Received[]>;
  /** Resets the connections whose answers never end. */
  reset(): void;
  /** Resolves once a caller has left before its answer was over. */
  abandoned(): Promise<void>;
}

type Message =
  | { type: 'listening'; port: number }
  | { type: 'received'; received: Received }
  | { type: 'abandoned' }
  | { type: 'synced' };

/** Starts a provider as a process of its own; it ends with the test, or with its parent. */
export async function startModelServer(
  models: Readonly<Record<string, readonly Reply[]>>,
  options: Omit<ServerScript, 'models'> = {},
): Promise<ModelServer> {
  const script: ServerScript = { ...options, models };
  const child = fork(join(import.meta.dirname, 'model-server-process.ts'), {
    // Node takes the types out by itself, and faster than tsx is loaded.
    execArgv: [],
    env: { ...process.env, MODEL_SERVER_SCRIPT: JSON.stringify(script) },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const received: Received[] = [];
  const left = Promise.withResolvers<void>();
  const synced: (() => void)[] = [];
  const port = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`The model server ended with code ${code}.`)));
    child.on('message', (message: Message) => {
      if (message.type === 'listening') resolve(message.port);
      if (message.type === 'received') received.push(message.received);
      if (message.type === 'abandoned') left.resolve();
      if (message.type === 'synced') synced.shift()?.();
    });
  });
  return {
    url: `http://127.0.0.1:${port}/v1`,
    // Its messages keep their order: what it was asked before comes before the answer to this one.
    received: () =>
      new Promise((resolve) => {
        synced.push(() => resolve([...received]));
        child.send('sync');
      }),
    reset: () => void child.send('reset'),
    abandoned: () => left.promise,
  };
}

/** A base URL without a listener. */
export async function deadUrl(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}/v1`;
}
