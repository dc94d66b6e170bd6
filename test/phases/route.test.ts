import { describe, expect, it } from 'vitest';
import { route } from '../../src/actors/phases/route.ts';
import type { AgentInfo, Subgoal } from '../../src/actors/phases/types.ts';

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

  it('falls back on the default agent when nobody fits', () => {
    const agents = [agent('cook', ['baking']), agent('general', [])];
    expect(first([subgoal()], agents)).toMatchObject({ agentId: 'general', quality: 'insufficient' });
  });

  it('takes the first agent when nobody fits and there is no default', () => {
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
