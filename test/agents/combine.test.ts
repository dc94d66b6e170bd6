import { describe, expect, it } from 'vitest';
import { combiningAgent } from '../../src/agents/combine.ts';
import { NO_ANSWER } from '../../src/agents/extractive.ts';
import { fakeControls, fakeRequest } from '../support/fake-controls.ts';

const combine = (dependencies: Record<string, string>, query = 'What does the gate do with leases?', context = '') =>
  combiningAgent().run(
    fakeRequest({ prompt: `Bring together${context}`, question: 'Bring together', query, dependencies }),
    fakeControls(),
  ) as string;

describe('combiningAgent', () => {
  it('says each finding once and keeps its place', () => {
    const said = combine({
      a: '- The gate grants leases to tasks. (a.md:1)',
      b: '- The gate grants leases to tasks. (a.md:1)',
    });
    expect(said).toBe('- The gate grants leases to tasks. (a.md:1)');
  });

  it('puts what is closer to the question first', () => {
    const said = combine({ a: '- Birds sing in spring. (a.md:1)', b: '- The gate takes leases back. (b.md:2)' });
    expect(said.split('\n')[0]).toBe('- The gate takes leases back. (b.md:2)');
  });

  it('keeps something of every task', () => {
    const many = Array.from(
      { length: 9 },
      (_, n) => `- The gate grants leases of kind${n} for use${n} at place${n}.`,
    ).join('\n');
    expect(combine({ many, one: '- Birds sing in spring.' })).toContain('Birds sing');
  });

  it('groups findings by question when several were asked', () => {
    const said = combine(
      { 'what-is-a-lease': '- A lease is a right.', 'who-grants-permits': '- The breaker grants permits.' },
      'What is a lease? Who grants permits?',
    );
    expect(said).toBe('What is a lease?\n- A lease is a right.\n\nWho grants permits?\n- The breaker grants permits.');
  });

  it('reports what concerns both sides of a comparison', () => {
    const said = combine(
      { gate: '- The gate has limits.\n- The gate asks the breaker.', breaker: '- The breaker opens.' },
      'Compare the gate with the breaker',
    );
    expect(said).toBe(
      'Both\n- The gate asks the breaker.\n\nGate\n- The gate has limits.\n\nBreaker\n- The breaker opens.',
    );
  });

  it('names the files most findings stand in', () => {
    const said = combine({
      a: '- The gate grants leases. (a.md:1)\n- Wind blows softly. (a.md:7)',
      b: '- Leases end early. (b.md:2)',
    });
    expect(said).toContain('The findings stand in 2 files, most of them in `a.md`.');
  });

  it('names the words of the question that nothing mentions', () => {
    expect(combine({ a: '- The gate opens.' })).toContain('None of the lines quoted mentions: leases.');
  });

  it('names the tasks that found nothing', () => {
    expect(combine({ a: '- The gate grants leases.', 'side-view': NO_ANSWER })).toContain(
      'Nothing was found about: side view.',
    );
  });

  it('names the dependencies that failed', () => {
    const context =
      '\n\nPrevious context (1/2 dependencies):\n✓ [a]: The gate grants leases.\n✗ [side-view]: FAILED - timeout';
    expect(combine({ a: '- The gate grants leases.' }, undefined, context)).toContain(
      'Missing, because it failed: side view.',
    );
  });

  it('says so when nothing was found at all', () => {
    expect(combine({ a: NO_ANSWER, b: NO_ANSWER })).toBe(NO_ANSWER);
  });

  it('answers from its passages when it depends on nothing', () => {
    const passages = [{ id: 'a', path: 'a.md', startLine: 4, endLine: 4, text: 'The gate grants leases.', score: 1 }];
    const request = fakeRequest({ prompt: 'What does the gate grant?', passages });
    expect(combiningAgent().run(request, fakeControls())).toBe('- The gate grants leases. (a.md:4)');
  });
});

it('knows a finding again that is repeated about its file', () => {
  const said = combine({
    a: '- `grant`: The gate grants leases to tasks. (src/gate.ts:1)',
    b: '- `src/gate.ts`: `grant`, The gate grants leases to tasks. (src/gate.ts:1)',
  });
  expect(said.match(/grants leases/g)).toHaveLength(1);
});
