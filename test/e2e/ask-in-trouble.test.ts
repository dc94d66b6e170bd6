import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../src/run/result.ts';
import { breaksOff, isBusy, says, startMockProvider } from '../support/mock-provider.ts';
import { startModelServer } from '../support/model-server.ts';
import { temporaryDirectory, textsIn } from '../support/processes.ts';
import { runSoar, writeIn } from './soar-cli.ts';

const KEY = 'the-real-key-of-the-provider-0123456789';
/** Its variable has a name by which no mask would know it. */
const REVOKED = 'a-key-that-was-revoked-long-ago-987654';

const QUESTION =
  'Explain how the lid, the spout, the handle and the glaze of the teapot work together, and compare what each of them is made of.';

const PAGE = `# The teapot

The lid of the teapot is porcelain and keeps the heat in.

The spout of the teapot is porcelain, too, and pours without a drop.

The handle of the teapot is bamboo, since porcelain would be too hot to hold.

The glaze of the teapot came from a pottery that is no more.
`;

const part = (id: string, agent: string) => ({
  id,
  title: `The ${id}`,
  prompt: `Say what the ${id} is made of.`,
  dependsOn: [],
  agent,
  match: 'excellent',
});

const DECOMPOSITION = {
  goal: 'What the parts of the teapot are made of',
  subgoals: [part('lid', 'busy'), part('spout', 'dying'), part('handle', 'locked'), part('glaze', 'gone')],
};

const ANSWER = `Lid and spout are porcelain [lid] [spout], which keeps the heat; the handle is bamboo [handle], which does not.

What the glaze is made of is not known.`;

describe('soar ask with models, of which each is in trouble of its own', () => {
  it('answers right, and says what failed', async () => {
    const cwd = await temporaryDirectory();
    await mkdir(join(cwd, 'docs'));
    await writeIn(join(cwd, 'docs'), 'teapot.md', PAGE);
    const score = JSON.stringify({ coherence: 0.9, completeness: 0.9, grounding: 0.9, issues: [] });
    const provider = await startMockProvider({
      key: KEY,
      fixtures: [
        // The planner: its first plan breaks off, the mended one does not; the answer has to wait for a rate limit.
        says('planner', JSON.stringify(DECOMPOSITION), { userMessage: 'Your previous answer was refused' }),
        says('planner', '{"goal": "The teapot", "subgoals": [{"id": "lid", "title"', {
          userMessage: 'Take a question apart',
        }),
        isBusy('planner', 1, { userMessage: 'Write the answer to a question' }),
        says('planner', ANSWER, { userMessage: 'Write the answer to a question' }),
        says('planner', score, { userMessage: 'Judge an answer' }),
        // The others: each in trouble of its own.
        isBusy('busy', 1),
        says('busy', 'The lid is porcelain (docs/teapot.md:3).'),
        breaksOff('dying', 'The spout is made of tin, as far as one can see.'),
        says('dying', 'The spout is porcelain (docs/teapot.md:5).'),
        {
          match: { model: 'gone' },
          response: { status: 404, error: { message: 'No such model', code: 'model_not_found' } },
        },
        says('spare', 'The handle is bamboo (docs/teapot.md:7).', { userMessage: 'what the handle is made of' }),
        {
          match: { model: 'spare', userMessage: 'what the glaze is made of' },
          response: { content: 'I will not', finishReason: 'content_filter' },
        },
      ],
    });
    // Repeats the key that it refuses in its error, as some proxies do.
    const indiscreet = await startModelServer({ locked: [] }, { key: KEY });
    const model = (name: string) => ({
      kind: 'model',
      baseURL: provider.url,
      model: name,
      apiKeyEnv: 'PROVIDER_KEY',
      description: `Knows all about the ${name} parts.`,
      provider: name,
      staggerMs: 0,
    });
    const agents = {
      planner: model('planner'),
      busy: model('busy'),
      dying: model('dying'),
      locked: { ...model('locked'), baseURL: indiscreet.url, apiKeyEnv: 'REVOKED' },
      gone: model('gone'),
      spare: model('spare'),
    };
    const config = {
      agents,
      defaults: { agent: 'planner', policy: { retry: { baseDelayMs: 10 } } },
      fallback: 'spare',
    };
    await writeIn(cwd, 'soar.config.json', config);

    const env = { PROVIDER_KEY: KEY, REVOKED };
    const { code, stdout, stderr } = await runSoar(['ask', QUESTION, '--json', '--trace', 'run.jsonl'], { cwd, env });
    expect(stdout, stderr).not.toBe('');
    const result = JSON.parse(stdout) as RunResult;
    const told = new Map(result.outcomes.map((outcome) => [outcome.taskId, outcome]));
    const attempts = (id: string) => told.get(id)?.attempts.map(({ agentId, error }) => [agentId, error?.kind]);

    expect({ code, status: result.status, complexity: result.complexity }).toEqual({
      code: 3,
      status: 'partial',
      complexity: 'complex',
    });
    expect(attempts('lid')).toEqual([
      ['busy', 'rate_limited'],
      ['busy', undefined],
    ]);
    const [limited, answered] = told.get('lid')?.attempts ?? [];
    expect((answered?.startedAt ?? 0) - (limited?.endedAt ?? 0)).toBeGreaterThanOrEqual(1000);
    expect(attempts('spout')).toEqual([
      ['dying', 'transient'],
      ['dying', undefined],
    ]);
    expect(attempts('handle')).toEqual([
      ['locked', 'auth'],
      ['spare', undefined],
    ]);
    expect(attempts('glaze')).toEqual([
      ['gone', 'invalid_model'],
      ['spare', 'inference'],
    ]);
    expect(told.get('handle')?.attempts[0]?.error?.message).toContain('Incorrect API key provided: «masked»');
    expect(told.get('spout')?.output).toBe('The spout is porcelain (docs/teapot.md:5).');
    expect(told.get('glaze')).toMatchObject({ status: 'failed', error: { kind: 'inference' } });
    expect(told.get('glaze')?.error?.message).toMatch(/spare withheld its answer.*No such model/);

    // The answer is the planner's, says what failed on top, and is trusted as far as the parts go.
    expect(result.answer).toContain('Lid and spout are porcelain [lid] [spout]');
    expect(result.answer).toMatch(/glaze.*(?:fail|invalid_model)/is);
    expect(result.confidence).toBe(0.68);
    expect(result.sources?.map(({ path }) => path)).toContain('docs/teapot.md');

    // What the provider saw: a plan that was refused once, an answer that waited, a judge, and the passages for each part.
    const requests = await provider.requests();
    const asked = requests.map(({ body, status }) => {
      const prompt = body?.messages?.at(-1)?.content ?? '';
      return { model: body?.model ?? '', status, prompt };
    });
    const planner = asked.filter(({ model: name }) => name === 'planner');
    expect(planner.map(({ status, prompt }) => [prompt.split(' ').slice(0, 3).join(' '), status])).toEqual([
      ['Take a question', 200],
      ['Take a question', 200],
      ['Write the answer', 429],
      ['Write the answer', 200],
      ['Judge an answer', 200],
    ]);
    expect(planner[1]?.prompt).toContain('Your previous answer was refused');
    const lid = asked.find(({ model: name }) => name === 'busy');
    expect(lid?.prompt).toContain('The lid of the teapot is porcelain');

    // Neither key is anywhere: not in what was printed, not in trace and journal.
    const everything = [stdout, stderr, await textsIn(cwd)].join('\n');
    expect(everything).toContain('The handle is bamboo');
    expect(everything).not.toContain(KEY);
    expect(everything).not.toContain(REVOKED);
  });
});
