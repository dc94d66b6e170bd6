import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../src/run/result.ts';
import { startModelServer } from '../support/model-server.ts';
import { temporaryDirectory } from '../support/processes.ts';
import { runSoar, writeIn } from './soar-cli.ts';

const KEY = 'the-real-key-of-this-test-0123456789';

describe('soar run with models', () => {
  it('hands the answer of one model to another, and counts the tokens of both', async () => {
    const cwd = await temporaryDirectory();
    const server = await startModelServer(
      { small: [{ deltas: ['4', '2'], usage: [10, 2] }], large: [{ deltas: ['It is 42.'], usage: [30, 5] }] },
      { key: KEY },
    );
    const agents = {
      small: { kind: 'model', baseURL: server.url, model: 'small', apiKeyEnv: 'A_KEY', staggerMs: 0 },
      large: {
        kind: 'model',
        baseURL: server.url,
        model: 'large',
        apiKeyEnv: 'A_KEY',
        staggerMs: 0,
        system: 'Be brief.',
      },
    };
    const tasks = [
      { id: 'count', prompt: 'How many?', agent: 'small' },
      { id: 'say', prompt: 'Say it.', agent: 'large', dependsOn: ['count'] },
    ];
    const plan = await writeIn(cwd, 'plan.json', { agents, tasks });
    const { code, stdout } = await runSoar(['run', plan, '--json'], { cwd, env: { A_KEY: KEY } });
    const result = JSON.parse(stdout) as RunResult;
    expect(code).toBe(0);
    expect(result.outcomes.map(({ output }) => output)).toEqual(['42', 'It is 42.']);
    expect(result.metadata.usage).toMatchObject({ inputTokens: 40, outputTokens: 7, totalTokens: 47 });
    const [, second] = await server.received();
    expect(JSON.stringify(second?.body?.messages)).toContain('42');
  });

  it('runs nothing without the key of a model that is used', async () => {
    const cwd = await temporaryDirectory();
    const agents = { llm: { kind: 'model', baseURL: 'http://127.0.0.1:1/v1', model: 'm', apiKeyEnv: 'NO_SUCH_KEY' } };
    const plan = await writeIn(cwd, 'plan.json', { agents, tasks: [{ id: 'a', prompt: 'x' }] });
    const { code, stdout, stderr } = await runSoar(['run', plan, '--json'], { cwd });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe(
      'error: Agent `llm`: Model m needs a key in the environment variable NO_SUCH_KEY, which is not set.\n',
    );
  });
});

describe('soar ask with a model by its address', () => {
  it('asks it, with the key in SOAR_API_KEY', async () => {
    const cwd = await temporaryDirectory();
    const server = await startModelServer({ 'm:1b': [{ deltas: ['Because of the gate.'] }] }, { key: KEY });
    const args = ['ask', '--model', `${server.url}#m:1b`, '--json', 'Why does it wait?'];
    const { code, stdout } = await runSoar(args, { cwd, env: { SOAR_API_KEY: KEY } });
    const result = JSON.parse(stdout) as RunResult;
    expect(code).toBe(0);
    expect(new Set(result.outcomes.map(({ agentId }) => agentId))).toEqual(new Set(['m:1b']));
    expect(result.outcomes[0]?.output).toBe('Because of the gate.');
    expect(stdout).not.toContain(KEY);
  });
});

describe('soar ask --cache', () => {
  it('makes no request at all when the same is asked again, and says where the answers are from', async () => {
    const cwd = await temporaryDirectory();
    await writeIn(cwd, 'gate.md', '# Gate\n\nThe gate paces starts. The breaker opens after failures.\n');
    const subgoals = ['gate', 'breaker'].map((id) => ({ id, title: id, prompt: `How does the ${id} protect it?` }));
    const mind = [
      JSON.stringify({ goal: 'Know both', subgoals }),
      'The one paces, the other opens. [gate] [breaker]',
      '{"coherence":0.9,"completeness":0.9,"grounding":0.9,"issues":[]}',
    ];
    const server = await startModelServer({
      mind: mind.map((text) => ({ deltas: [text], usage: [10, 5] as const })),
      hand: [{ deltas: ['It protects it.'], usage: [10, 5] }],
    });
    const model = (name: string) => ({ kind: 'model', baseURL: server.url, model: name, staggerMs: 0 });
    const agents = { mind: model('mind'), hand: model('hand') };
    await writeIn(cwd, 'soar.config.json', { agents, defaults: { agent: 'hand' }, phases: { agent: 'mind' } });
    const question =
      'Compare how the gate and the breaker protect a provider, and design what both of them are missing?';
    const ask = () => runSoar(['ask', '--cache', '--json', question], { cwd });
    const first = JSON.parse((await ask()).stdout) as RunResult;
    const requests = (await server.received()).length;
    const { stdout, stderr } = await ask();
    const again = JSON.parse(stdout) as RunResult;
    expect([first.status, again.status]).toEqual(['succeeded', 'succeeded']);
    expect(requests).toBe(5);
    expect(await server.received()).toHaveLength(requests);
    expect(again.answer).toBe(first.answer);
    expect([first, again].map(({ metadata }) => metadata.usage.totalTokens)).toEqual([75, 0]);
    expect(again.metadata.phases.map(({ cached }) => cached)).toEqual([undefined, undefined, 1, undefined, 2]);
    expect(stderr).toContain('synthesize (mind, 2 answers from the cache): ');
    const { stdout: shown } = await runSoar(['show', again.runId], { cwd });
    expect(shown).toContain(' · 5 answers from the cache');
  });
});

describe('soar doctor', () => {
  it('looks whether models are there', async () => {
    const cwd = await temporaryDirectory();
    const server = await startModelServer({ mistral: [] });
    const agents = {
      here: { kind: 'model', baseURL: server.url, model: 'mistral' },
      gone: { kind: 'model', baseURL: server.url, model: 'mistrall' },
    };
    await writeIn(cwd, 'soar.config.json', { agents });
    const { code, stdout } = await runSoar(['doctor'], { cwd });
    expect(code).toBe(1);
    expect(stdout).toMatch(/✓ +here +model +http:\/\/127\.0\.0\.1:\d+\/v1 +mistral\n/);
    expect(stdout).toContain('Its server has no model `mistrall`. It has mistral. Did you mean `mistral`?');
  });

  it('looks for the model that SOAR_MODEL names', async () => {
    const cwd = await temporaryDirectory();
    const server = await startModelServer({ mistral: [] });
    const { code, stdout } = await runSoar(['doctor', '--json'], { cwd, env: { SOAR_MODEL: `${server.url}#mistral` } });
    const reports = JSON.parse(stdout) as { id: string; configured: boolean; ok: boolean }[];
    expect(code).toBe(0);
    expect(reports.filter(({ configured }) => configured)).toMatchObject([{ id: 'mistral', kind: 'model', ok: true }]);
  });
});
