import { describe, expect, it } from 'vitest';
import { compilePlan } from '../../src/plan/compile.ts';
import { parsePlanText } from '../../src/plan/parse.ts';
import { planFailure } from '../support/plan-failure.ts';

const messagesOf = (text: string, name: string) =>
  planFailure(() => parsePlanText(text, { name })).issues.map(({ message }) => message);

const WRITTEN = ['12345678901234567890', '1.10', '1.0', '1e3', '-0', '9007199254740993'];

describe('a number that names something', () => {
  it.each([...WRITTEN, '010', '0o10', '0x1F', '+7', '2024-01-01', 'no', '1_000'])('stays %s in YAML', (id) => {
    const text = `tasks:\n  - { id: ${id}, prompt: x, env: { V: ${id} } }\n  - { id: b, prompt: y, dependsOn: [${id}] }\n`;
    const { tasks } = parsePlanText(text, { name: 'p.yaml' });
    expect(tasks[0]).toMatchObject({ id, env: { V: id } });
    expect(tasks[1]?.dependsOn).toEqual([id]);
  });

  it.each(WRITTEN)('stays %s in JSON', (id) => {
    const task = `{"id": ${id}, "prompt": "x", "env": {"V":\n${id}}}`;
    const text = `{"tasks": [${task}, {"prompt": "y", "id": "b", "dependsOn": [${id}]}], "agents": {"c": {"kind": "cli", "tool": "claude", "env": {"W": ${id}}}}}`;
    const { tasks, agents } = parsePlanText(text, { name: 'p.json' });
    expect(tasks[0]).toMatchObject({ id, env: { V: id } });
    expect(tasks[1]?.dependsOn).toEqual([id]);
    expect(agents?.c).toMatchObject({ env: { W: id } });
  });

  it('stays through anchors and merged keys, and as a key', () => {
    const text =
      'agents: { 1.10: { kind: cli, tool: claude, env: &e { V: 1.10 } } }\ntasks:\n  - &t { id: &i 010, prompt: x, env: *e }\n  - { <<: [*t], id: 0x10, dependsOn: [*i] }\n';
    const { agents, tasks } = parsePlanText(text, { name: 'p.yaml' });
    expect(Object.keys(agents ?? {})).toEqual(['1.10']);
    expect(tasks).toMatchObject([
      { id: '010', env: { V: '1.10' } },
      { id: '0x10', env: { V: '1.10' }, dependsOn: ['010'] },
    ]);
  });

  it.each(['{ 1: x, "1": y }', '{ 1.0: x, "1.0": y }', '{ true: x, "true": y }'])(
    'is one key with its text: %s',
    (env) => {
      const text = `tasks:\n  - { id: a, prompt: x, env: ${env} }\n`;
      expect(messagesOf(text, 'p.yaml').join()).toMatch(/^Line 2, column \d+: The key `.+` is there already/);
    },
  );
});

describe('a whole number beyond 2^53', () => {
  it.each([
    ['p.yaml', 'tasks:\n  - id: a\n    prompt: x\n    timeoutMs: 9007199254740993\n'],
    ['p.json', '{"tasks":[{"id":"a","prompt":"x",\n\n\n"timeoutMs":9007199254740993}]}'],
  ])('is refused with its line and digits: %s', (name, text) => {
    expect(messagesOf(text, name)).toEqual([
      'Line 4: Expected `tasks[0].timeoutMs` to be a finite number, got `9007199254740993` (a number too large to be kept exactly). (task `a`)',
    ]);
  });

  it('is refused as an id that a program gives', () => {
    const plan = { tasks: [{ id: 2 ** 53, prompt: 'x', agent: 'a' }] };
    expect(planFailure(() => compilePlan(plan as never)).message).toContain(
      'Expected `tasks[0].id` to be a text, or a number of at most 9007199254740991',
    );
  });
});
