import { describe, expect, it } from 'vitest';
import { route, routeWith } from '../../../src/phases/route/route.ts';
import type { AgentInfo } from '../../../src/phases/types.ts';
import { compilePlan } from '../../../src/plan/compile.ts';
import type { Subgoal } from '../../../src/run/phase-outputs.ts';

const agent = (id: string, capabilities: string[], description = ''): AgentInfo => ({
  id,
  capabilities,
  description,
  kind: 'function',
});
const subgoal = (more: Partial<Subgoal> = {}): Subgoal => ({
  id: 'a',
  title: 'A',
  prompt: 'Draw the chart of the gate',
  dependsOn: [],
  ...more,
});

function routed(
  subgoals: Subgoal[],
  agents: AgentInfo[],
  more: { defaultAgent?: string | null; fallback?: string | null } = {},
) {
  return route({
    query: 'q',
    decomposition: { goal: 'G', subgoals, notes: [] },
    agents,
    passages: [],
    fallback: more.fallback ?? null,
    defaultAgent: more.defaultAgent === undefined ? 'general' : more.defaultAgent,
  });
}
const first = (...args: Parameters<typeof routed>) => routed(...args).matches[0];

describe('route', () => {
  it('takes the agent with the capability that is asked for', () => {
    const agents = [agent('general', []), agent('painter', ['drawing'])];
    expect(first([subgoal({ capabilities: ['drawing'] })], agents)).toMatchObject({
      agentId: 'painter',
      quality: 'excellent',
    });
  });

  it('accepts an agent with a capability that the prompt mentions, in any inflection', () => {
    const agents = [agent('general', []), agent('painter', ['charts'])];
    expect(first([subgoal()], agents)).toMatchObject({ agentId: 'painter', quality: 'acceptable' });
  });

  it('reads descriptions', () => {
    const agents = [agent('general', []), agent('painter', [], 'Draws charts.')];
    expect(first([subgoal()], agents)).toMatchObject({ agentId: 'painter', quality: 'acceptable' });
  });

  it('falls back on the default agent when no agent fits', () => {
    const agents = [agent('cook', ['baking']), agent('general', [])];
    expect(first([subgoal()], agents)).toMatchObject({ agentId: 'general', quality: 'insufficient' });
  });

  it('takes the first agent when no agent fits and there is no default', () => {
    expect(first([subgoal()], [agent('x', []), agent('y', [])], { defaultAgent: null })?.agentId).toBe('x');
  });

  it('prefers the default agent to another that fits as well', () => {
    const agents = [agent('painter', ['chart']), agent('general', ['chart'])];
    expect(first([subgoal()], agents)?.agentId).toBe('general');
  });

  it('leaves a task without an agent when there is none', () => {
    expect(routed([subgoal()], [], { defaultAgent: null }).plan.tasks[0]).not.toHaveProperty('agent');
  });

  it('makes a plan of the subgoals', () => {
    const passage = { id: 'x:1-1', path: 'x', startLine: 1, endLine: 1, text: 't', score: 1 };
    const subgoals = [subgoal({ passages: [passage], critical: true }), subgoal({ id: 'b', dependsOn: ['a'] })];
    expect(routed(subgoals, [agent('general', [])], { fallback: 'spare' }).plan).toEqual({
      goal: 'G',
      fallback: 'spare',
      tasks: [
        { id: 'a', prompt: 'Draw the chart of the gate', agent: 'general', critical: true, passages: [passage] },
        { id: 'b', prompt: 'Draw the chart of the gate', agent: 'general', dependsOn: ['a'] },
      ],
    });
  });
});

describe('route, with an agent that can play any part', () => {
  const llm = { ...agent('llm', []), kind: 'model' };
  const gap = (id: string, name = 'Security reviewer', more: Partial<Subgoal> = {}) =>
    subgoal({ id, match: 'insufficient', idealAgent: { name, description: 'Finds leaks' }, ...more });
  const withBase = (subgoals: Subgoal[], agents: AgentInfo[] = [llm]) =>
    routeWith(
      {
        query: 'q',
        decomposition: { goal: 'G', subgoals, notes: [] },
        agents,
        passages: [],
        fallback: null,
        defaultAgent: 'llm',
      },
      'llm',
    );

  it('makes up the ideal agent of a subgoal that no agent fits, once for all that want it', () => {
    const { plan, matches } = withBase([gap('a'), gap('b', 'security Reviewer'), gap('c', 'Poet')]);
    expect(plan.agents).toEqual({
      'security-reviewer': { kind: 'adHoc', base: 'llm', role: 'Security reviewer', description: 'Finds leaks' },
      poet: { kind: 'adHoc', base: 'llm', role: 'Poet', description: 'Finds leaks' },
    });
    expect(matches.map(({ agentId, quality }) => [agentId, quality])).toEqual([
      ['security-reviewer', 'insufficient'],
      ['security-reviewer', 'insufficient'],
      ['poet', 'insufficient'],
    ]);
  });

  it('takes an agent of that very id instead', () => {
    const { plan, matches } = withBase([gap('a', '@reviewer')], [llm, agent('reviewer', [])]);
    expect(plan.agents).toBeUndefined();
    expect(matches[0]).toMatchObject({ agentId: 'reviewer', quality: 'excellent' });
  });

  it('takes the agent that was chosen with the subgoal, unless it is said not to fit', () => {
    const chosen = subgoal({ agent: 'general', match: 'excellent' });
    const agents = [llm, agent('general', [])];
    expect(withBase([chosen], agents).matches[0]).toMatchObject({ agentId: 'general', quality: 'excellent' });
    const unfit = gap('a', 'Poet', { agent: 'general' });
    expect(withBase([unfit], agents).matches[0]).toMatchObject({ agentId: 'poet', quality: 'insufficient' });
  });

  it('does not name it like an agent there is', () => {
    const reviewer = agent('security-reviewer', []);
    expect(Object.keys(withBase([gap('a')], [llm, reviewer]).plan.agents ?? {})).toEqual(['security-reviewer-2']);
  });

  it('makes a plan that compiles', () => {
    const { plan } = withBase([gap('a'), subgoal({ id: 'b', dependsOn: ['a'] })]);
    expect(compilePlan(plan, { agents: ['llm'] }).tasks.map((task) => task.agent)).toEqual([
      'security-reviewer',
      'llm',
    ]);
  });

  it('makes none up without such an agent', () => {
    expect(withBase([gap('a')], [agent('general', [])]).plan.agents).toBeUndefined();
    expect(routed([gap('a')], [agent('general', [])]).plan.agents).toBeUndefined();
    expect(routed([gap('a')], [agent('general', [])]).matches[0]?.agentId).toBe('general');
  });
});
