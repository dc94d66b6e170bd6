import { describe, expect, it } from 'vitest';
import { actAs } from '../../src/agents/act-as.ts';
import { resolveAgent } from '../../src/agents/resolve.ts';
import { AgentError, createSoar, definePlan, memoryJournal, SoarError } from '../../src/index.ts';
import { parsePlanText } from '../../src/plan/parse.ts';

const plan = definePlan({
  agents: { reviewer: { kind: 'adHoc', base: 'llm', role: 'security reviewer', description: 'Finds leaks' } },
  tasks: [{ id: 'a', prompt: 'Read the log.', agent: 'reviewer' }],
});

function refusal(bad: Parameters<typeof definePlan>[0]): readonly string[] {
  try {
    createSoar({ agents: { llm: () => '' } }).run(bad);
  } catch (error) {
    if (SoarError.isInstance(error)) return error.issues.map(({ path, message }) => `${path}: ${message}`);
  }
  return [];
}

describe('an agent that a plan makes up', () => {
  it('is its base with the role in its prompt', async () => {
    const soar = createSoar({ agents: { llm: ({ prompt, agentId }) => `${agentId}: ${prompt}` } });
    const { outcomes } = await soar.run(plan).result;
    expect(outcomes[0]).toMatchObject({ agentId: 'reviewer', status: 'succeeded' });
    expect(outcomes[0]?.output).toBe(
      'reviewer: Act as: security reviewer. Finds leaks.\nGive the complete result in your answer, and say what you could not find out.\n\nRead the log.',
    );
    await soar.close();
  });

  it('has a breaker of its own, with the lenient thresholds', async () => {
    const broken = () => {
      throw new AgentError('transient', 'Down.', { retryable: false });
    };
    const soar = createSoar({ agents: { llm: broken }, maxConcurrent: 1 });
    const tasks = (agent: string) => Array.from({ length: 3 }, (_, at) => ({ id: `${agent}${at}`, prompt: '', agent }));
    const { metadata } = await soar.run({ ...plan, tasks: [...tasks('reviewer'), ...tasks('llm')] }).result;
    expect(metadata.breakers).toMatchObject({ reviewer: { state: 'closed', failures: 3 }, llm: { state: 'open' } });
    await soar.close();
  });

  it('continues after an interrupt, as its plan in the journal says', async () => {
    const journal = memoryJournal();
    const started = Promise.withResolvers<void>();
    const first = createSoar({
      journal,
      agents: {
        llm: (_, { signal }) => {
          started.resolve();
          return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
        },
      },
    });
    const { id } = first.run(plan);
    await started.promise;
    await first.close({ interrupt: true });
    const second = createSoar({ journal, agents: { llm: ({ prompt }) => prompt } });
    const { outcomes } = await second.resume(id).result;
    expect(outcomes[0]).toMatchObject({ agentId: 'reviewer', status: 'succeeded' });
    expect(outcomes[0]?.output).toMatch(/^Act as: security reviewer\./);
    await second.close();
  });

  it('is of another version when it plays another part, and of none when its base has none', () => {
    const base = resolveAgent('llm', { run: () => '', version: '1' });
    const versionOf = (description: string, of = base) =>
      actAs('x', { kind: 'adHoc', base: 'llm', role: 'x', description }, of).version({});
    expect(versionOf('a')).not.toBe(versionOf('b'));
    expect(versionOf('a')).toBe(versionOf('a'));
    expect(versionOf('a', resolveAgent('llm', { run: () => '' }))).toBeNull();
  });

  it('is known to its plan alone', async () => {
    const soar = createSoar({ agents: { llm: () => '' } });
    await soar.run(plan).result;
    expect(() => soar.run({ tasks: plan.tasks })).toThrow('There is no agent `reviewer`');
    await soar.close();
  });

  it('needs a base that is there, and is no default agent', () => {
    const of = (base: string) => ({
      ...plan,
      agents: { ...plan.agents, x: { kind: 'adHoc' as const, base, role: 'x' } },
    });
    expect(refusal(of('lml'))).toEqual([
      'agents.x.base: There is no agent `lml` that could play `x` (`base`). Did you mean `llm`?',
    ]);
    expect(refusal(of('reviewer'))).toEqual([
      'agents.x.base: There is no agent `reviewer` that could play `x` (`base`). That one is ad-hoc too.',
    ]);
    expect(refusal({ ...plan, tasks: [{ id: 'a', prompt: '' }] })).toEqual([]);
  });

  it('is read from a plan file, and refused without a role', () => {
    const text = 'agents:\n  poet: { kind: adHoc, base: llm, role: poet }\ntasks: []\n';
    expect(parsePlanText(text).agents).toEqual({ poet: { kind: 'adHoc', base: 'llm', role: 'poet' } });
    expect(() => parsePlanText(text.replace(', role: poet', ''))).toThrow('agents.poet.role');
  });
});
