import { fork } from 'node:child_process';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** One answer of aimock, as its fixture files have it. */
export interface Fixture {
  match: { model?: string; userMessage?: string; sequenceIndex?: number };
  response: {
    content?: string;
    usage?: object;
    finishReason?: string;
    error?: object;
    status?: number;
    retryAfter?: number;
  };
  /** Cuts the connection after so many pieces. */
  truncateAfterChunks?: number;
  /** Characters of a piece. */
  chunkSize?: number;
  /** Between two pieces, milliseconds. */
  latency?: number;
}

export interface ProviderScript {
  fixtures: readonly Fixture[];
  /** Only this key is let in. Default: any. */
  key?: string;
}

export interface ProviderRequest {
  path: string;
  headers: Record<string, string>;
  body: { model?: string; messages?: { role: string; content: string }[] } | null;
  status: number;
}

export interface MockProvider {
  /** Base URL of its OpenAI-compatible interface. */
  url: string;
  /** What it was asked until now, in order. */
  requests(): Promise<readonly ProviderRequest[]>;
}

type Message = { type: 'listening'; url: string } | { type: 'requests'; requests: ProviderRequest[] };

/** Starts a provider as a process of its own; it ends with the test, or with its parent. */
export async function startMockProvider(script: ProviderScript): Promise<MockProvider> {
  const child = fork(join(import.meta.dirname, 'mock-provider-process.ts'), {
    // Node takes the types out by itself, and faster than tsx is loaded.
    execArgv: [],
    env: { ...process.env, MOCK_PROVIDER_SCRIPT: JSON.stringify(script) },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const asked: ((requests: ProviderRequest[]) => void)[] = [];
  const url = await new Promise<string>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`The mock provider ended with code ${code}.`)));
    child.on('message', (message: Message) => {
      if (message.type === 'listening') resolve(message.url);
      else asked.shift()?.(message.requests);
    });
  });
  return {
    url: `${url}/v1`,
    requests: () =>
      new Promise((resolve) => {
        asked.push(resolve);
        child.send('requests');
      }),
  };
}

/** What a model answers; with `more` only when that fits, too. */
export function says(model: string, content: string, more: Partial<Fixture['match']> = {}): Fixture {
  return { match: { model, ...more }, response: { content } };
}

/** What a model answers when it is asked for the first time: to wait. */
export function isBusy(model: string, retryAfter: number, more: Partial<Fixture['match']> = {}): Fixture {
  const error = { message: 'Slow down', type: 'rate_limit_error', code: 'rate_limit_exceeded' };
  return { match: { model, sequenceIndex: 0, ...more }, response: { status: 429, retryAfter, error } };
}

/** What a model begins to answer when it is asked for the first time, before its connection dies. */
export function breaksOff(model: string, content: string): Fixture {
  // With a pause between the pieces, so that they are on their way before the connection is not.
  return { ...says(model, content, { sequenceIndex: 0 }), chunkSize: 5, latency: 5, truncateAfterChunks: 3 };
}
