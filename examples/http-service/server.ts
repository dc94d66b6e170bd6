/**
 * Runs plans for clients on this machine: `POST /runs` with a plan answers with the events of its run (SSE), and the run
 * is cancelled when the client goes. `npx tsx examples/http-service/server.ts [port]`, then
 * `curl -N -H 'content-type: application/json' -d '{"tasks":[{"id":"a","prompt":"hello"}]}' <url>runs`
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSoar, type Plan, type RunHandle, SoarError } from 'soar-machine';

const HOST = '127.0.0.1';
const MAX_BODY_BYTES = 64 * 1024;
/** A client that reads no further must not fill our memory. */
const MAX_UNREAD_BYTES = 1024 * 1024;

const soar = createSoar({
  agents: {
    shout: ({ prompt }) => prompt.toUpperCase(),
    // Works until it is asked to stop: what a client that goes away leaves behind.
    watch: (_, { signal, heartbeat }) =>
      new Promise((_, reject) => {
        const beat = setInterval(heartbeat, 100);
        signal.addEventListener('abort', () => {
          clearInterval(beat);
          reject(signal.reason);
        });
      }),
  },
  defaultAgent: 'shout',
});

/** Any page in a browser can reach a local port: neither another site nor another name that leads here gets in. */
function isOurs({ headers: { host, origin } }: IncomingMessage, port: number): boolean {
  const names = [`${HOST}:${port}`, `localhost:${port}`];
  return names.includes(host ?? '') && (origin === undefined || names.some((name) => origin === `http://${name}`));
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) {
    body += chunk;
    if (body.length > MAX_BODY_BYTES) throw new SoarError('invalid-plan', 'The plan is too long.');
  }
  try {
    return JSON.parse(body);
  } catch {
    throw new SoarError('invalid-plan', 'The plan is no JSON.');
  }
}

function stream(run: RunHandle, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  run.events$.subscribe({
    next: (event) => {
      response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
      if (response.writableLength > MAX_UNREAD_BYTES) run.cancel('The client does not read.');
    },
    complete: () => response.end(),
  });
  // Also comes after the end, when there is nothing left to cancel.
  response.on('close', () => run.cancel('The client went away.'));
  void run.result.then(({ runId, status }) => console.log(`${runId} ${status}`));
}

const server = createServer(async (request, response) => {
  const refuse = (status: number, message: string) => response.writeHead(status).end(`${message}\n`);
  const { port } = server.address() as AddressInfo;
  if (!isOurs(request, port)) return refuse(403, 'Only programs and pages of this server.');
  if (request.method !== 'POST' || request.url !== '/runs') return refuse(404, 'POST a plan to /runs.');
  // A page of another site may send anything but this type without asking first.
  if (request.headers['content-type'] !== 'application/json') return refuse(415, 'Expected application/json.');
  try {
    stream(soar.run((await readJson(request)) as Plan), response);
  } catch (error) {
    if (SoarError.isInstance(error)) return refuse(400, error.message);
    console.error(error);
    refuse(500, 'It broke here.');
  }
});

server.listen(Number(process.argv[2] ?? 0), HOST, () => {
  console.log(`http://${HOST}:${(server.address() as AddressInfo).port}/`);
});

process.once('SIGTERM', async () => {
  await soar.close();
  server.close();
  server.closeAllConnections();
});
