import { describe, expect, it } from 'vitest';
import { reportOf } from '../../src/cli/report-error.ts';
import { compilePlan } from '../../src/plan/compile.ts';
import { parsePlanText } from '../../src/plan/parse.ts';
import type { Plan } from '../../src/plan/types.ts';

/** A title, a colour of the eight-bit kind, and characters that turn the line around. */
const EVIL = '\x1b]0;x\x07\u009b31m\u202e\u2066\u200f\ufeff';
const PRINTABLE = EVIL.replace(/\p{Cc}/gu, '');

/** Anything that acts on a terminal, newline and tab aside. */
const RAW = /[^\P{C}\n\t\p{Cn}\p{Co}]/u;

function reportFor(given: string | object): string {
  try {
    compilePlan(typeof given === 'string' ? parsePlanText(given) : (given as Plan), { agents: [EVIL] });
  } catch (error) {
    return reportOf(error).lines.join('\n');
  }
  throw new Error('Expected a fault, got none');
}

const TASK = { id: 'a', prompt: 'x', agent: EVIL };

describe('what is wrong with a plan of hostile characters', () => {
  it.each<[string, string | object]>([
    ['unknown keys', { [`key ${EVIL}`]: 1, tasks: [{ ...TASK, [EVIL]: EVIL }] }],
    [
      'wrong values',
      { policy: EVIL, schedule: EVIL, timeoutMs: EVIL, tasks: [{ ...TASK, timeoutMs: EVIL, env: EVIL }] },
    ],
    ['wrong ids', { tasks: [{ id: EVIL, prompt: 'x' }] }],
    ['values below a wrong key', { tasks: [{ ...TASK, env: { [EVIL]: [1] } }] }],
    [
      'unknown names',
      { fallback: `no ${EVIL}`, tasks: [{ id: PRINTABLE, prompt: 'x', agent: EVIL, dependsOn: [`b${PRINTABLE}`] }] },
    ],
    [
      'names twice',
      {
        tasks: [
          { ...TASK, id: PRINTABLE },
          { ...TASK, id: PRINTABLE },
        ],
      },
    ],
    [
      'a circle',
      {
        tasks: [
          { ...TASK, id: PRINTABLE, dependsOn: ['b'] },
          { ...TASK, id: 'b', dependsOn: [PRINTABLE] },
        ],
      },
    ],
    ['an unknown kind of agent', { agents: { [EVIL]: { kind: EVIL, [EVIL]: 1 } }, tasks: [] }],
    ['broken JSON', '{ "a": \u202e }'],
    ['a key that is there twice', `"${EVIL}": 1\n"${EVIL}": 2\ntasks: []`],
    ['an unknown tag', `tasks: !a${PRINTABLE} x`],
    ['an unknown alias', `tasks: *${EVIL}`],
    ['an unknown dependency in Markdown', `- [ ] 1. x\n  - Depends: ${EVIL}`],
    ['unknown settings in Markdown', `- [ ] 1. x\n  - Agennt: ${EVIL}\n  - Timeout: ${EVIL}\n  - Critical: ${EVIL}`],
  ])('is said without one of them where it has %s', (_, given) => {
    const report = reportFor(given);
    expect(report).toContain('\\u202e');
    expect(RAW.exec(report)).toBe(null);
  });
});
