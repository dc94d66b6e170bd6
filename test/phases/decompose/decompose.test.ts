import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { builtinAgents } from '../../../src/agents/builtin.ts';
import { decompose } from '../../../src/phases/decompose/decompose.ts';
import { SUBGOAL_LIMITS } from '../../../src/phases/decompose/subgoal-limits.ts';
import type { Decomposition } from '../../../src/run/phase-outputs.ts';
import type { Complexity } from '../../../src/run/result.ts';
import type { Passage } from '../../../src/types/passage.ts';

const agents = Object.entries(builtinAgents()).map(([id, agent]) => ({
  id,
  description: agent.description ?? '',
  capabilities: agent.capabilities ?? [],
  kind: 'function',
}));
const passage = (path: string, text: string, score = 5): Passage => ({
  id: `${path}:1-${text.split('\n').length}`,
  path,
  startLine: 1,
  endLine: text.split('\n').length,
  text,
  score,
});
const passages = [
  passage('docs/retry.md', '# Retrying\nA task retries with backoff.\nA retry asks the breaker again.', 9),
  passage('src/backoff.ts', '/** The backoff before a retry of a task. */\nexport function backoffMs() {}', 8),
  passage('src/breaker.ts', '/** The breaker may refuse the retry of a task. */\nexport class Breaker {}', 7),
  passage('docs/other.md', 'Nothing of interest.', 1),
];
const run = (query: string, complexity: Complexity = 'medium', found: readonly Passage[] = passages) =>
  decompose({ query, complexity, passages: found, agents });
const outline = ({ subgoals }: Decomposition) => subgoals.map(({ id, dependsOn }) => [id, dependsOn]);

describe('decompose', () => {
  it('makes a subgoal of each question that the user wrote', () => {
    expect(outline(run('What is a lease, and how does the breaker open?'))).toEqual([
      ['what-is-a-lease', []],
      ['how-does-the-breaker-open', []],
    ]);
  });

  it.each(['How does a task retry?', 'What is the difference between backoff and cooling?'])(
    'leaves a single question whole, with all its passages: %s',
    (query) => {
      const { subgoals } = run(query, 'complex');
      expect(subgoals.map(({ prompt }) => prompt)).toEqual([query]);
      expect(subgoals[0]?.passages).toEqual(passages);
    },
  );

  it('makes a sequence depend on what stands before', () => {
    expect(outline(run('Find the retry code, then explain its backoff'))[1]).toEqual([
      'explain-its-backoff',
      ['find-the-retry-code'],
    ]);
  });

  it('asks surplus questions together with the last part, and notes it', () => {
    const { subgoals, notes } = run('What is aa? What is bb? What is cc? What is dd? What is ee?', 'medium');
    expect(subgoals).toHaveLength(4);
    expect(subgoals[3]?.prompt).toContain('ee');
    expect(notes).toHaveLength(1);
  });

  it('gives each subgoal the passages that fit it best', () => {
    const { subgoals } = run('How does backoff grow, and when does the breaker refuse?');
    expect(subgoals.map((subgoal) => subgoal.passages?.[0]?.path)).toEqual(['src/backoff.ts', 'src/breaker.ts']);
  });

  it('makes a valid plan of any query', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 120 }),
      fc
        .array(
          fc.constantFrom(
            'how',
            'does',
            'the',
            'gate',
            'and',
            'what',
            'then',
            'vs',
            ',',
            '?',
            ';',
            '1.',
            '2.',
            '\n- ',
            'it',
            'compare',
          ),
          { maxLength: 25 },
        )
        .map((words) => words.join(' ')),
    );
    const level = fc.constantFrom<Complexity>('simple', 'medium', 'complex', 'critical');
    fc.assert(
      fc.property(text, level, fc.boolean(), (query, complexity, found) => {
        const { subgoals } = run(query, complexity, found ? passages : []);
        expect(subgoals.length).toBeGreaterThan(0);
        expect(subgoals.length).toBeLessThanOrEqual(SUBGOAL_LIMITS[complexity].max);
        const before = new Set<string>();
        for (const { id, dependsOn, passages: own = [] } of subgoals) {
          expect(id).not.toBe('');
          expect(before.has(id)).toBe(false);
          for (const dependency of dependsOn) expect(before.has(dependency)).toBe(true);
          expect(own.length).toBeLessThanOrEqual(6);
          before.add(id);
        }
      }),
    );
  });
});
