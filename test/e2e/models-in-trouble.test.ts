import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../src/run/result.ts';
import { breaksOff, isBusy, says, startMockProvider } from '../support/mock-provider.ts';
import { temporaryDirectory, textsIn } from '../support/processes.ts';
import { runSoar, writeIn } from './soar-cli.ts';

const KEY = 'the-real-key-of-the-provider-0123456789';
/** Its variable has a name by which no mask would know it. */
const WRONG = 'a-key-that-was-revoked-long-ago-987654';

describe('a plan of models, of which each is in trouble of its own', () => {
  it('gets through, and reports what happened', async () => {
    const cwd = await temporaryDirectory();
    const provider = await startMockProvider({
      key: KEY,
      fixtures: [
        isBusy('busy', 1),
        says('busy', 'The lid is blue.'),
        breaksOff('dying', 'The spout is crooked, and nobody knows why.'),
        says('dying', 'The spout is straight.'),
        says('locked', 'Nobody gets to hear this.'),
        says('spare', 'The handle is warm.'),
        says('teller', 'Blue lid, straight spout, warm handle.'),
      ],
    });
    const model = (name: string, apiKeyEnv = 'PROVIDER_KEY') => ({
      kind: 'model',
      baseURL: provider.url,
      model: name,
      apiKeyEnv,
      provider: name,
      staggerMs: 0,
    });
    const plan = {
      agents: {
        busy: model('busy'),
        dying: model('dying'),
        locked: model('locked', 'REVOKED'),
        spare: model('spare'),
        teller: model('teller'),
      },
      policy: { retry: { baseDelayMs: 10 } },
      tasks: [
        { id: 'lid', prompt: 'What of the lid?', agent: 'busy' },
        { id: 'spout', prompt: 'What of the spout?', agent: 'dying' },
        { id: 'handle', prompt: 'What of the handle?', agent: 'locked', fallback: 'spare' },
        { id: 'all', prompt: 'Say it all.', agent: 'teller', dependsOn: ['lid', 'spout', 'handle'] },
      ],
    };
    const path = await writeIn(cwd, 'plan.json', plan);
    const env = { PROVIDER_KEY: KEY, REVOKED: WRONG };
    const { code, stdout, stderr } = await runSoar(['run', path, '--json', '--trace', 'run.jsonl'], { cwd, env });
    const result = JSON.parse(stdout) as RunResult;
    const told = new Map(result.outcomes.map((outcome) => [outcome.taskId, outcome]));
    const kinds = (id: string) => told.get(id)?.attempts.map(({ agentId, error }) => [agentId, error?.kind]);

    expect({ code, status: result.status }).toEqual({ code: 0, status: 'succeeded' });
    expect(kinds('lid')).toEqual([
      ['busy', 'rate_limited'],
      ['busy', undefined],
    ]);
    expect(kinds('spout')).toEqual([
      ['dying', 'transient'],
      ['dying', undefined],
    ]);
    expect(kinds('handle')).toEqual([
      ['locked', 'auth'],
      ['spare', undefined],
    ]);
    expect(told.get('spout')?.output).toBe('The spout is straight.');
    expect(told.get('handle')).toMatchObject({ via: 'fallback', output: 'The handle is warm.' });
    expect(result.metadata).toMatchObject({ fallbackCount: 1, retriedTasks: [{ taskId: 'spout', retries: 1 }] });
    const [limited, answered] = told.get('lid')?.attempts ?? [];
    expect((answered?.startedAt ?? 0) - (limited?.endedAt ?? 0)).toBeGreaterThanOrEqual(1000);

    // What the others found reached the last one, and every token that was counted is in the sum.
    const requests = await provider.requests();
    const last = requests.at(-1)?.body?.messages?.at(-1)?.content ?? '';
    expect(
      ['The lid is blue.', 'The spout is straight.', 'The handle is warm.'].filter((one) => !last.includes(one)),
    ).toEqual([]);
    const used = result.outcomes.flatMap(({ attempts }) => attempts.map(({ usage }) => usage?.totalTokens ?? 0));
    expect(used.filter((tokens) => tokens > 0).length).toBeGreaterThanOrEqual(4);
    expect(result.metadata.usage.totalTokens).toBe(used.reduce((sum, tokens) => sum + tokens, 0));

    // Neither key is anywhere: not in what was printed, not in trace and journal.
    const everything = [stdout, stderr, await textsIn(cwd)].join('\n');
    expect(everything).toContain('The handle is warm.');
    expect(everything).not.toContain(KEY);
    expect(everything).not.toContain(WRONG);
  });
});
