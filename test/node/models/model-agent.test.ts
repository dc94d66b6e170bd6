import { describe, expect, it } from 'vitest';
import { checkModel } from '../../../src/node/models/check-model.ts';
import { modelAgentAt } from '../../../src/node/models/model-agent.ts';
import { agentFromSpec } from '../../../src/node/tools/agents-from-spec.ts';
import type { ModelAgentSpec } from '../../../src/plan/types.ts';
import { failureOf } from '../../support/agent-failure.ts';
import { fakeControls, fakeRequest } from '../../support/fake-controls.ts';
import { deadUrl, type Reply, startModelServer } from '../../support/model-server.ts';

const KEY = 'the-real-key-0123456789';

describe('an agent of kind model', () => {
  async function serverWith(replies: readonly Reply[], key?: string) {
    const server = await startModelServer({ m: replies }, key === undefined ? {} : { key });
    const spec: ModelAgentSpec = { kind: 'model', baseURL: server.url, model: 'm', apiKeyEnv: 'THE_KEY' };
    return { server, spec };
  }
  const ask = (spec: ModelAgentSpec, env: Record<string, string> = {}) =>
    modelAgentAt(spec, env).run(fakeRequest({ prompt: 'Say it.' }), fakeControls());

  it('asks the model at its address, with the key, the instructions and the settings', async () => {
    const { server, spec } = await serverWith([{ deltas: ['ha'], usage: [3, 1] }], KEY);
    const more = { system: 'Be brief.', temperature: 0, maxOutputTokens: 9, headers: { 'x-team': 'blue' } };
    const answer = await ask({ ...spec, ...more }, { THE_KEY: `${KEY}\n` });
    expect(answer).toEqual({ output: 'ha', usage: { inputTokens: 3, outputTokens: 1, totalTokens: 4 } });
    const [request] = await server.received();
    expect(request?.body).toMatchObject({ model: 'm', temperature: 0, max_tokens: 9, stream: true });
    expect(request?.body?.messages?.[0]).toEqual({ role: 'system', content: 'Be brief.' });
    expect(request?.headers).toMatchObject({ 'x-team': 'blue', authorization: `Bearer ${KEY}` });
  });

  it('sends no key where none is named', async () => {
    const { server, spec } = await serverWith([{ deltas: ['ha'] }]);
    const { apiKeyEnv: _, ...keyless } = spec;
    await ask(keyless, { OPENAI_API_KEY: KEY, THE_KEY: KEY });
    const [request] = await server.received();
    expect(request?.headers.authorization).toBeUndefined();
  });

  it('fails as auth without its key, and asks no agent', async () => {
    const { server, spec } = await serverWith([{ deltas: ['ha'] }]);
    const failed = await failureOf(ask(spec));
    expect(failed).toMatchObject({ kind: 'auth', retryable: false });
    expect(failed.message).toBe('Model m needs a key in the environment variable THE_KEY, which is not set.');
    const broken = await failureOf(ask(spec, { THE_KEY: 'two words-of-a-key' }));
    expect(broken.message).toMatch(/^The environment variable THE_KEY holds no key for model m/);
    expect(broken.message).not.toContain('two words');
    expect(await server.received()).toEqual([]);
  });

  it('never repeats the key, though the server does', async () => {
    const { spec } = await serverWith([{ deltas: ['ha'] }], 'another');
    const failed = await failureOf(ask(spec, { THE_KEY: KEY }));
    expect(failed).toMatchObject({ kind: 'auth' });
    expect(failed.message).toBe('Model m answered HTTP 401: Incorrect API key provided: «masked»');
  });

  it('never repeats a part of it either, where a long text is cut', async () => {
    const message = `${'x'.repeat(590)} ${KEY}`;
    const { spec } = await serverWith([{ status: 400, body: { error: { message } } }]);
    const failed = await failureOf(ask(spec, { THE_KEY: KEY }));
    expect(failed.message).not.toContain(KEY.slice(0, 5));
  });

  it('never answers with it, and shows no piece of it', async () => {
    const { spec } = await serverWith([
      { deltas: ['Your key is the-', KEY.slice(4, 9), KEY.slice(9), '.', ' Or the', ' other'] },
    ]);
    const controls = fakeControls();
    const answer = await modelAgentAt(spec, { THE_KEY: KEY }).run(fakeRequest(), controls);
    expect(answer).toEqual({ output: 'Your key is «masked». Or the other' });
    expect(controls.chunks.map(({ text }) => text)).toEqual(['Your key is ', '«masked».', ' Or ', 'the other']);
  });

  it('shares the pace of its host with others there', () => {
    const agent = agentFromSpec('llm', { kind: 'model', baseURL: 'http://127.0.0.1:11434/v1', model: 'm' });
    expect(agent).toMatchObject({ kind: 'model', model: 'm', provider: '127.0.0.1:11434' });
  });

  it('is refused with an invalid address', () => {
    expect(() => agentFromSpec('llm', { kind: 'model', baseURL: 'nowhere', model: 'm' })).toThrow(
      'Agent `llm`: Expected `baseURL` to be a URL, got `nowhere`.',
    );
  });
});

describe('checkModel', () => {
  const check = (spec: Partial<ModelAgentSpec>, env: Record<string, string> = {}, timeoutMs = 5000) =>
    checkModel({ kind: 'model', baseURL: 'http://127.0.0.1:1/v1', model: 'm', ...spec }, env, timeoutMs);

  it('finds a model that its server lists', async () => {
    const server = await startModelServer({ m: [], 'llama3.2:latest': [] }, { key: KEY });
    const spec = { baseURL: server.url, apiKeyEnv: 'THE_KEY' };
    expect(await check(spec, { THE_KEY: KEY })).toEqual({ ok: true, hint: null });
    expect(await check({ ...spec, model: 'llama3.2' }, { THE_KEY: KEY })).toEqual({ ok: true, hint: null });
    expect((await server.received()).map(({ path }) => path)).toEqual(['/v1/models', '/v1/models']);
  });

  it('says which models there are instead', async () => {
    const { url: baseURL } = await startModelServer({ 'llama3.2': [], mistral: [] });
    expect(await check({ baseURL, model: 'lama3.2' })).toEqual({
      ok: false,
      hint: 'Its server has no model `lama3.2`. It has llama3.2, mistral. Did you mean `llama3.2`?',
    });
  });

  it('says what is wrong with the key', async () => {
    const { url: baseURL } = await startModelServer({ m: [] }, { key: KEY });
    expect((await check({ baseURL })).hint).toBe('Its server wants a key: name its variable as `apiKeyEnv`');
    const wrong = await check({ baseURL, apiKeyEnv: 'THE_KEY' }, { THE_KEY: 'wrong' });
    expect(wrong).toEqual({ ok: false, hint: 'Its server refuses the key in THE_KEY (HTTP 401)' });
    expect((await check({ baseURL, apiKeyEnv: 'THE_KEY' })).hint).toContain('THE_KEY, which is not set');
  });

  it('says that the server does not answer, and that an address lacks its end', async () => {
    const baseURL = await deadUrl();
    expect((await check({ baseURL })).hint).toMatch(
      /^http:\/\/127\.0\.0\.1:\d+\/v1\/models could not be reached \(ECONNREFUSED\)/,
    );
    const { url } = await startModelServer({ m: [] });
    const short = await check({ baseURL: url.replace('/v1', '') });
    expect(short).toEqual({
      ok: false,
      hint: 'Its server answered HTTP 404 and no list of models; most base URLs end in /v1',
    });
  });
});
