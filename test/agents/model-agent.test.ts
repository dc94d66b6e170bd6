import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { type LanguageModel, simulateReadableStream, tool } from 'ai';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import * as z from 'zod';
import { type ModelSettings, modelAgent } from '../../src/agents/ai-sdk/index.ts';
import type { AgentError } from '../../src/errors/agent-error.ts';
import { failureOf } from '../support/agent-failure.ts';
import { fakeControls, fakeRequest } from '../support/fake-controls.ts';
import { deadUrl, type ModelServer, type Reply, startModelServer } from '../support/model-server.ts';

const KEY = 'super-secret-key-of-the-test-1234567890';

function agentOf(server: ModelServer, settings: ModelSettings = {}, model = 'm') {
  const provider = createOpenAICompatible({ name: 'local', baseURL: server.url, apiKey: KEY, includeUsage: true });
  return modelAgent({ model: provider(model), ...settings });
}

async function asked(replies: readonly Reply[], settings: ModelSettings = {}, prompt = 'Say it.') {
  const server = await startModelServer({ m: replies });
  const controls = fakeControls();
  const answer = await agentOf(server, settings).run(fakeRequest({ prompt }), controls);
  return { answer, controls, server };
}

async function failing(reply: Reply, settings: ModelSettings = {}): Promise<AgentError & { server: ModelServer }> {
  const server = await startModelServer({ m: [reply] });
  const thrown = await failureOf(agentOf(server, settings).run(fakeRequest({ prompt: 'Say it.' }), fakeControls()));
  return Object.assign(thrown, { server });
}

describe('a model agent', () => {
  it('answers with the whole text of the stream, and with the tokens it took', async () => {
    const { answer, controls } = await asked([{ deltas: ['Hel', 'lo ', 'you'], usage: [12, 3] }]);
    expect(answer).toEqual({ output: 'Hello you', usage: { inputTokens: 12, outputTokens: 3, totalTokens: 15 } });
    expect(controls.chunks.map(({ text }) => text)).toEqual(['Hel', 'lo ', 'you']);
  });

  it('sends the prompt as the user, and its instructions and settings', async () => {
    const settings = { system: 'Be brief.', temperature: 0.2, maxOutputTokens: 50, headers: { 'x-team': 'blue' } };
    const { server } = await asked([{ deltas: ['ok'] }], settings, 'Why?');
    const [request, ...more] = await server.received();
    expect(more).toEqual([]);
    expect(request?.body).toMatchObject({
      model: 'm',
      stream: true,
      temperature: 0.2,
      max_tokens: 50,
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Why?' },
      ],
    });
    expect(request?.headers).toMatchObject({ authorization: `Bearer ${KEY}`, 'x-team': 'blue' });
  });

  it('shows that it is alive while the model thinks, and keeps thoughts out of the answer', async () => {
    const { answer, controls } = await asked([{ reasoning: ['hm, ', 'well'], deltas: ['42'] }]);
    expect(answer).toMatchObject({ output: '42' });
    expect(controls.text.stdout).toBe('42');
    expect(controls.heartbeats).toBeGreaterThanOrEqual(2);
  });

  it('says no tokens when the provider says none', async () => {
    const { answer } = await asked([{ deltas: ['ok'] }]);
    expect(answer).toEqual({ output: 'ok' });
  });

  it('calls tools and answers with what the model says in the end', async () => {
    const replies: Reply[] = [
      {
        deltas: ['Let me see. '],
        tools: [{ name: 'add', args: { a: 2, b: 3 } }],
        finish: 'tool_calls',
        usage: [10, 5],
      },
      { deltas: ['It is 5.'], usage: [20, 4] },
    ];
    const add = tool({ inputSchema: z.object({ a: z.number(), b: z.number() }), execute: ({ a, b }) => String(a + b) });
    const { answer, server } = await asked(replies, { tools: { add } });
    expect(answer).toEqual({ output: 'It is 5.', usage: { inputTokens: 30, outputTokens: 9, totalTokens: 39 } });
    const [, second] = await server.received();
    expect(second?.body?.messages?.at(-1)).toMatchObject({ role: 'tool', content: '5' });
  });

  it.each([
    ['2', { inputTokens: 5, outputTokens: 2, totalTokens: 7 }, 'stop'],
    ['3', { inputTokens: { total: 5 }, outputTokens: { total: 2 } }, { unified: 'stop', raw: 'stop' }],
    ['4', { inputTokens: { total: 5, cacheRead: 3 }, outputTokens: { total: 2 } }, { unified: 'stop', raw: 'stop' }],
  ])('takes models of generation %s of the interface', async (generation, usage, finishReason) => {
    const parts = [
      { type: 'stream-start', warnings: [] },
      { type: 'text-start', id: '1' },
      { type: 'text-delta', id: '1', delta: 'Hello' },
      { type: 'text-end', id: '1' },
      { type: 'finish', finishReason, usage },
    ];
    const model = {
      specificationVersion: `v${generation}`,
      provider: 'mine.chat',
      modelId: 'm',
      supportedUrls: {},
      doStream: () => Promise.resolve({ stream: simulateReadableStream({ chunks: parts }) }),
      doGenerate: () => Promise.reject(new Error('It is streamed.')),
    } as unknown as LanguageModel;
    vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    onTestFinished(() => void vi.restoreAllMocks());
    const answer = await modelAgent({ model }).run(fakeRequest({ prompt: 'Say it.' }), fakeControls());
    const cached = generation === '4' ? { cachedInputTokens: 3 } : {};
    expect(answer).toEqual({ output: 'Hello', usage: { inputTokens: 5, ...cached, outputTokens: 2, totalTokens: 7 } });
  });

  it('is of the provider of its model, and starts no more often than models do', () => {
    const provider = createOpenAICompatible({ name: 'local', baseURL: 'http://127.0.0.1:9/v1' });
    expect(modelAgent({ model: provider('m') })).toMatchObject({ kind: 'model', provider: 'local' });
    expect(modelAgent({ model: 'openai/gpt-5-mini', provider: 'mine' })).toMatchObject({ provider: 'mine' });
  });
});

describe('a model that fails', () => {
  it.each<[string, Reply, string]>([
    ['401', { status: 401, body: { error: { message: 'Bad key', code: 'invalid_api_key' } } }, 'auth'],
    ['403', { status: 403, body: { error: { message: 'Not for your project' } } }, 'forbidden'],
    ['402', { status: 402, body: { error: { message: 'Add credits' } } }, 'forbidden'],
    [
      '404 of a model',
      { status: 404, body: { error: { message: 'model "x" not found, try pulling it first' } } },
      'invalid_model',
    ],
    ['404 by code', { status: 404, body: { error: { message: 'Nope', code: 'model_not_found' } } }, 'invalid_model'],
    ['404 of a path', { status: 404, body: '404 page not found' }, 'not_found'],
    ['400', { status: 400, body: { error: { message: 'messages: expected an array' } } }, 'invalid_request'],
    ['400 of a model', { status: 400, body: { error: { message: 'Model gpt-x does not exist' } } }, 'invalid_model'],
    [
      '400 of a key',
      { status: 400, body: [{ error: { code: 400, message: 'API key not valid.', status: 'INVALID_ARGUMENT' } }] },
      'auth',
    ],
    [
      'a prompt too long',
      { status: 400, body: { error: { message: 'Too long', code: 'context_length_exceeded' } } },
      'invalid_request',
    ],
    [
      '400 of bad JSON',
      { status: 400, body: { error: { message: 'Invalid JSON: unexpected token' } } },
      'invalid_request',
    ],
    [
      '400 of a filter',
      { status: 400, body: { error: { message: 'Filtered', code: 'content_filter' } } },
      'invalid_request',
    ],
    [
      '413 of a limit',
      { status: 413, body: { error: { message: 'Too large', code: 'rate_limit_exceeded' } } },
      'invalid_request',
    ],
    [
      '404 of vLLM',
      {
        status: 404,
        body: { object: 'error', message: 'The model `x` does not exist.', type: 'NotFoundError', code: 404 },
      },
      'invalid_model',
    ],
    [
      '503 of a model that loads',
      { status: 503, body: { error: { code: 503, message: 'Loading model', type: 'unavailable_error' } } },
      'transient',
    ],
    ['402 in the stream', { raw: 'data: {"error":{"code":402,"message":"Insufficient credits"}}\n\n' }, 'forbidden'],
    ['413', { status: 413, body: 'too large' }, 'invalid_request'],
    ['408', { status: 408, body: '' }, 'transient'],
    ['409', { status: 409, body: '' }, 'transient'],
    ['500', { status: 500, body: { error: { message: 'Oops' } } }, 'transient'],
    ['503 as a page', { status: 503, body: '<html><h1>Service Unavailable</h1></html>' }, 'transient'],
    [
      '529',
      { status: 529, body: { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } } },
      'transient',
    ],
    ['429', { status: 429, body: { error: { message: 'Slow down', code: 'rate_limit_exceeded' } } }, 'rate_limited'],
    [
      '403 of a rate limit',
      { status: 403, body: { error: { message: 'Rate limit exceeded for your account' } } },
      'rate_limited',
    ],
    [
      'a bill to pay',
      {
        status: 429,
        body: {
          error: { message: 'You exceeded your current quota', code: 'insufficient_quota', type: 'insufficient_quota' },
        },
      },
      'forbidden',
    ],
    [
      'an error in the stream',
      { deltas: ['Hal'], raw: 'data: {"error":{"message":"Overloaded","type":"overloaded_error"}}\n\n' },
      'transient',
    ],
    [
      'a rate limit in the stream',
      { raw: 'data: {"error":{"message":"Provider busy","code":429}}\n\n' },
      'rate_limited',
    ],
    ['a stream that is no JSON', { deltas: ['Hal'], raw: 'data: {"choices": [oops\n\n' }, 'transient'],
    ['a stream of something else', { raw: 'data: {"hello":"world"}\n\n', finish: null }, 'transient'],
    ['an answer that is not a stream', { body: '<html>Welcome to the hotel</html>' }, 'transient'],
  ])('with %s is reported by its kind', async (_, reply, kind) => {
    const { kind: found, message, server } = await failing(reply);
    expect({ found, message }).toMatchObject({ found: kind });
    expect(message).toMatch(/^Model m /);
    expect(await server.received()).toHaveLength(1);
  });

  it('says what the provider said, and the status', async () => {
    const { message } = await failing({ status: 400, body: { error: { message: 'temperature is\n  too high' } } });
    expect(message).toBe('Model m answered HTTP 400: temperature is too high');
  });

  it.each<[string, Record<string, string>, number]>([
    ['Retry-After in seconds', { 'retry-after': '7' }, 7000],
    ['retry-after-ms', { 'retry-after-ms': '1500', 'retry-after': '2' }, 1500],
    [
      'Retry-After as a date, by the clock of the server',
      { 'retry-after': 'Mon, 23 Nov 2026 19:00:09 GMT', date: 'Mon, 23 Nov 2026 19:00:00 GMT' },
      9000,
    ],
    [
      'the reset of the limit that is spent',
      {
        'x-ratelimit-reset-requests': '8m0s',
        'x-ratelimit-remaining-requests': '59',
        'x-ratelimit-reset-tokens': '12s',
        'x-ratelimit-remaining-tokens': '0',
      },
      12_000,
    ],
    [
      'the latest reset when none says it is spent',
      { 'x-ratelimit-reset-requests': '1s', 'x-ratelimit-reset-tokens': '6m0s' },
      360_000,
    ],
    ['milliseconds in a reset', { 'x-ratelimit-reset-tokens': '120ms' }, 120],
  ])('after %s is asked again then', async (_, headers, retryAfterMs) => {
    const reply = { status: 429, headers, body: { error: { message: 'Slow down' } } };
    expect(await failing(reply)).toMatchObject({ kind: 'rate_limited', retryAfterMs });
  });

  it('is asked again when its words say so', async () => {
    const message = 'Rate limit reached for m. Please try again in 1m30s.';
    expect(await failing({ status: 429, body: { error: { message } } })).toMatchObject({ retryAfterMs: 90_000 });
    expect(await failing({ status: 429, body: { error: { message: 'Busy' } } })).toMatchObject({
      retryAfterMs: undefined,
    });
  });

  it('waits for a quota that says when it is full again', async () => {
    const reply = {
      status: 429,
      headers: { 'retry-after': '60' },
      body: { error: { message: 'Quota', code: 'insufficient_quota' } },
    };
    expect(await failing(reply)).toMatchObject({ kind: 'rate_limited', retryAfterMs: 60_000 });
  });

  it('in the middle of its answer is transient, and keeps what it had said', async () => {
    const failed = await failing({ deltas: ['The answer ', 'is'], end: 'cut' });
    expect(failed).toMatchObject({ kind: 'transient', retryable: true, output: 'The answer is' });
    expect(failed.message).toMatch(/^Model m failed in the middle of its answer: ./);
  });

  it('by a reset of the connection is transient as well', async () => {
    const server = await startModelServer({ m: [{ deltas: ['The answer ', 'is'], end: 'never' }] });
    const controls = fakeControls();
    const run = agentOf(server).run(fakeRequest({ prompt: 'Say it.' }), controls);
    await controls.heard('The answer is');
    server.reset();
    const failed = await failureOf(run);
    expect(failed).toMatchObject({ kind: 'transient', output: 'The answer is' });
    expect(failed.message).toMatch(/^Model m failed in the middle of its answer: .*ECONNRESET/);
  });

  it('without a last word is transient too', async () => {
    expect(await failing({ deltas: ['Half'], finish: null })).toMatchObject({ kind: 'transient', output: 'Half' });
  });

  it('at its limit of tokens fails for good, with what fitted and what it took', async () => {
    const failed = await failing({ deltas: ['Half'], finish: 'length', usage: [5, 2] }, { maxOutputTokens: 2 });
    expect(failed).toMatchObject({ kind: 'output_limit', retryable: false, output: 'Half', truncated: true });
    expect(failed).toMatchObject({ usage: { inputTokens: 5, outputTokens: 2, totalTokens: 7 } });
    expect(failed.message).toContain('cut at 2 output tokens');
  });

  it('that withholds its answer is not asked again', async () => {
    const failed = await failing({ deltas: ['I'], finish: 'content_filter', usage: [5, 1] });
    expect(failed).toMatchObject({ kind: 'inference', retryable: false, usage: { totalTokens: 6 } });
  });

  it('that calls unknown tools has no answer', async () => {
    const failed = await failing({ tools: [{ name: 'rm', args: {} }], finish: 'tool_calls' });
    expect(failed.kind).toBe('inference');
  });

  it('that answers an error in the stream keeps what that took', async () => {
    const failed = await failing({
      deltas: ['Hal'],
      raw: 'data: {"error":{"message":"Overloaded"}}\n\n',
      usage: [9, 1],
    });
    expect(failed).toMatchObject({ kind: 'transient', output: 'Hal', usage: { totalTokens: 10 } });
  });

  it('cannot be reached', async () => {
    const provider = createOpenAICompatible({ name: 'local', baseURL: await deadUrl() });
    const run = modelAgent({ model: provider('m') }).run(fakeRequest({ prompt: 'Say it.' }), fakeControls());
    const failed = await failureOf(run);
    expect(failed).toMatchObject({ kind: 'connection', retryable: true });
    expect(failed.message).toMatch(/^Model m could not be reached: .*ECONNREFUSED/);
  });

  it('prints nothing: the error is the answer', async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
    onTestFinished(() => printed.mockRestore());
    await failing({ status: 500, body: { error: { message: 'Oops' } } });
    await failing({ deltas: ['Hal'], raw: 'data: {"error":{"message":"Overloaded"}}\n\n' });
    expect(printed).not.toHaveBeenCalled();
  });

  it('has no colours of a terminal in its words', async () => {
    const { message } = await failing({ status: 400, body: { error: { message: '\u001b[1mNot\u001b[0m\u0007 so' } } });
    expect(message).toBe('Model m answered HTTP 400: Not so');
  });

  it('has nothing of the request in its error', async () => {
    const failed = await failing({
      status: 500,
      headers: { 'set-cookie': 'session=abc' },
      body: { error: { message: 'Oops' } },
    });
    expect(failed.cause).toBeUndefined();
    expect(JSON.stringify({ ...failed, server: null, stack: failed.stack })).not.toMatch(/Say it|session=abc/);
    expect(JSON.stringify({ ...failed, server: null, stack: failed.stack })).not.toContain(KEY);
  });
});

describe('a model that is asked to stop', () => {
  it('is left at once: the request is aborted', async () => {
    const server = await startModelServer({ m: [{ deltas: ['Once upon'], end: 'never' }] });
    const controls = fakeControls();
    const run = agentOf(server).run(fakeRequest({ prompt: 'Tell.' }), controls);
    await controls.heard('Once upon');
    controls.abort(new Error('The run was cancelled.'));
    expect(await failureOf(run)).toMatchObject({
      kind: 'cancelled',
      message: 'The run was cancelled.',
      output: 'Once upon',
    });
    await server.abandoned();
  });

  it('before it answers is left as well', async () => {
    const server = await startModelServer({ m: [{ end: 'never' }] });
    const controls = fakeControls();
    const run = agentOf(server).run(fakeRequest({ prompt: 'Tell.' }), controls);
    await expect.poll(async () => (await server.received()).length, { timeout: 60_000 }).toBe(1);
    controls.abort(new Error('Too late.'));
    expect(await failureOf(run)).toMatchObject({ kind: 'cancelled', message: 'Too late.' });
    await server.abandoned();
  });

  it('before it is asked is not asked', async () => {
    const server = await startModelServer({ m: [{ deltas: ['x'] }] });
    const controls = fakeControls();
    controls.abort(new Error('Too late.'));
    await expect(Promise.resolve(agentOf(server).run(fakeRequest(), controls))).rejects.toThrow('Too late.');
    expect(await server.received()).toEqual([]);
  });
});
