import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { checkModel } from '../../../src/node/models/check-model.ts';
import { modelAgentAt } from '../../../src/node/models/model-agent.ts';
import { ownOriginFetch } from '../../../src/node/models/own-origin-fetch.ts';
import { failureOf } from '../../support/agent-failure.ts';
import { fakeControls, fakeRequest } from '../../support/fake-controls.ts';

interface Got {
  method: string | undefined;
  path: string | undefined;
  headers: IncomingMessage['headers'];
  body: string;
}

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A server that answers with a redirect wherever `to` says one, and keeps what it got. */
async function serve(to: (path: string) => [status: number, location: string] | null) {
  const got: Got[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { method, url: path, headers } = request;
    got.push({ method, path, headers, body });
    const redirect = to(path ?? '');
    if (redirect) response.writeHead(redirect[0], { location: redirect[1] });
    response.end(redirect ? '' : 'here');
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  closing.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  return { got, port, origin: `http://127.0.0.1:${port}` };
}

describe('A redirect of a model server', () => {
  it.each([301, 302, 303, 307, 308])(
    'to another port is refused with status %i, and sends nothing there',
    async (status) => {
      const other = await serve(() => null);
      const server = await serve(() => [status, `${other.origin}/v1/steal?x=hunter2222`]);
      const env = { THE_KEY: 'the-real-key-0123456789' };
      const spec = {
        kind: 'model' as const,
        baseURL: `${server.origin}/v1`,
        model: 'm',
        apiKeyEnv: 'THE_KEY',
        headers: { 'x-team': 'blue' },
      };
      const failed = await failureOf(modelAgentAt(spec, env).run(fakeRequest({ prompt: 'private' }), fakeControls()));
      expect(failed).toMatchObject({ kind: 'invalid_request', retryable: false });
      expect(failed.message).toBe(
        `The server at ${server.origin} redirects to ${other.origin} (HTTP ${status}). Nothing was sent there, neither prompt nor key nor headers. If that is the right server, make it the \`baseURL\`.`,
      );
      expect(await checkModel(spec, env, 2000)).toEqual({ ok: false, hint: failed.message });
      expect(other.got).toEqual([]);
      expect(server.got).toHaveLength(2);
    },
  );

  it.each([
    ['another host', (port: number) => `http://localhost:${port}/`],
    ['another protocol', (port: number) => `https://127.0.0.1:${port}/`],
    ['an address without a protocol', () => '//other.invalid/v1'],
    ['what is not a server', () => 'data:text/plain,hello'],
    ['no address at all', () => 'http://[oops'],
  ])('to %s is refused', async (_, to) => {
    let location = '';
    const server = await serve(() => [307, location]);
    location = to(server.port);
    await expect(ownOriginFetch(`${server.origin}/v1`, { method: 'POST', body: 'x' })).rejects.toMatchObject({
      kind: 'invalid_request',
    });
    expect(server.got).toHaveLength(1);
  });

  it.each([301, 302, 307, 308])(
    'within its origin is followed with status %i, prompt and headers with it',
    async (status) => {
      const server = await serve((path) => (path === '/a' ? [status, '/b'] : null));
      const response = await ownOriginFetch(`${server.origin}/a`, {
        method: 'POST',
        body: 'x',
        headers: { 'x-team': 'blue' },
      });
      expect(await response.text()).toBe('here');
      expect(server.got[1]).toMatchObject({ method: 'POST', path: '/b', body: 'x', headers: { 'x-team': 'blue' } });
    },
  );

  it('as 303 within its origin is followed without the prompt', async () => {
    const server = await serve((path) => (path === '/a' ? [303, 'b'] : null));
    await ownOriginFetch(`${server.origin}/a`, { method: 'POST', body: 'x' });
    expect(server.got[1]).toMatchObject({ method: 'GET', path: '/b', body: '' });
  });

  it('in a circle ends', async () => {
    const server = await serve(() => [307, '/a']);
    await expect(ownOriginFetch(`${server.origin}/a`)).rejects.toMatchObject({ kind: 'connection', retryable: false });
    expect(server.got).toHaveLength(6);
  });
});

describe('A name and a password in the address of a model', () => {
  it('reach its server as a header', async () => {
    const server = await serve(() => null);
    await ownOriginFetch(`http://bob:hunter%402222@127.0.0.1:${server.port}/v1`);
    expect(server.got[0]?.headers.authorization).toBe(`Basic ${btoa('bob:hunter@2222')}`);
    await ownOriginFetch(`http://bob:x@127.0.0.1:${server.port}/v1`, { headers: { authorization: 'Bearer y' } });
    expect(server.got[1]?.headers.authorization).toBe('Bearer y');
  });
});
