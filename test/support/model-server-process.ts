/**
 * A model provider with an OpenAI-compatible interface that answers as written, to the byte. Runs as a process of its own, started
 * by `startModelServer`, listens on 127.0.0.1 and ends when its parent does.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One answer, as data. */
export interface Reply {
  /** Default 200. */
  status?: number;
  headers?: Record<string, string>;
  /** The whole body, instead of a stream; an object becomes JSON. */
  body?: string | object;
  /** Pieces of text to stream. */
  deltas?: readonly string[];
  /** Pieces of thinking, before the text. */
  reasoning?: readonly string[];
  /** Tool calls, after the text: name and arguments. */
  tools?: readonly { name: string; args: object }[];
  /** Default `stop`; null: none. */
  finish?: string | null;
  /** Tokens of prompt and answer, in a last piece. */
  usage?: readonly [input: number, output: number];
  /** Sent as it is, after the pieces. */
  raw?: string;
  /** How it ends: properly (default), by cutting the connection, or not until `reset()`. */
  end?: 'cut' | 'never';
}

/** A request that came in. */
export interface Received {
  path: string;
  headers: Record<string, string | string[] | undefined>;
  body: { model?: string; messages?: { role: string; content: unknown }[]; [key: string]: unknown } | null;
  /** The caller left before the answer was over. */
  abandoned: boolean;
}

export interface ServerScript {
  /** By model; its n-th request gets the n-th reply, the last one stands for all that follow. */
  models: Readonly<Record<string, readonly Reply[]>>;
  /** Only this key is let in. Default: any. */
  key?: string;
}

const script = JSON.parse(process.env.MODEL_SERVER_SCRIPT ?? '{"models":{}}') as ServerScript;
const asked = new Map<string, number>();
const open = new Set<ServerResponse>();
const tell = (message: object) => process.send?.(message);

const server = createServer((request, response) => {
  void answer(request, response).catch(() => response.destroy());
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const body = text === '' ? null : (JSON.parse(text) as Received['body']);
  const received: Received = { path: request.url ?? '', headers: request.headers, body, abandoned: false };
  tell({ type: 'received', received });
  response.on('close', () => {
    if (!response.writableFinished) tell({ type: 'abandoned', path: received.path, model: body?.model });
  });
  if (script.key !== undefined && request.headers.authorization !== `Bearer ${script.key}`) {
    // As some proxies do: the key that was sent stands in the error.
    const message = `Incorrect API key provided: ${request.headers.authorization?.replace('Bearer ', '')}`;
    send(response, { status: 401, body: { error: { message, code: 'invalid_api_key' } } }, '');
    return;
  }
  if (request.method === 'GET' && request.url === '/v1/models') {
    const data = Object.keys(script.models).map((id) => ({ id, object: 'model' }));
    send(response, { body: { object: 'list', data } }, '');
    return;
  }
  const model = body?.model ?? '';
  const replies = script.models[model];
  if (request.url !== '/v1/chat/completions' || !replies) {
    const message = `The model \`${model}\` does not exist or you do not have access to it.`;
    send(response, { status: 404, body: { error: { message, code: 'model_not_found' } } }, model);
    return;
  }
  const nth = asked.get(model) ?? 0;
  asked.set(model, nth + 1);
  send(response, replies[Math.min(nth, replies.length - 1)] ?? {}, model);
}

function send(response: ServerResponse, reply: Reply, model: string): void {
  const { status = 200, headers = {}, body, deltas = [], reasoning = [], tools = [], finish = 'stop', usage } = reply;
  if (body !== undefined) {
    const type = typeof body === 'string' ? 'text/html' : 'application/json';
    response.writeHead(status, { 'content-type': type, ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
    return;
  }
  response.writeHead(status, { 'content-type': 'text/event-stream', ...headers });
  const common = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model };
  const piece = (delta: object, finish_reason: string | null = null) =>
    response.write(`data: ${JSON.stringify({ ...common, choices: [{ index: 0, delta, finish_reason }] })}\n\n`);
  for (const text of reasoning) piece({ role: 'assistant', reasoning_content: text });
  for (const content of deltas) piece({ role: 'assistant', content });
  for (const [index, { name, args }] of tools.entries()) {
    const call = { name, arguments: JSON.stringify(args) };
    piece({ role: 'assistant', tool_calls: [{ index, id: `call-${index}`, type: 'function', function: call }] });
  }
  if (reply.raw !== undefined) response.write(reply.raw);
  if (reply.end === 'never') {
    open.add(response);
    return;
  }
  if (reply.end === 'cut') {
    // Once what was written is out, so that the caller has it before the connection dies.
    response.socket?.destroySoon();
    return;
  }
  if (finish !== null) piece({}, finish);
  if (usage) {
    const [prompt_tokens, completion_tokens] = usage;
    const total_tokens = prompt_tokens + completion_tokens;
    response.write(
      `data: ${JSON.stringify({ ...common, choices: [], usage: { prompt_tokens, completion_tokens, total_tokens } })}\n\n`,
    );
  }
  response.end(finish === null ? '' : 'data: [DONE]\n\n');
}

process.on('disconnect', () => process.exit());
process.on('message', (message) => {
  if (message === 'reset') for (const response of open) response.socket?.resetAndDestroy();
  else tell({ type: 'synced' });
});
server.listen(0, '127.0.0.1', () => tell({ type: 'listening', port: (server.address() as AddressInfo).port }));
