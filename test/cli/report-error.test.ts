import { describe, expect, it } from 'vitest';
import { reportOf } from '../../src/cli/report-error.ts';
import { SoarError } from '../../src/errors/soar-error.ts';
import { compilePlan } from '../../src/plan/compile.ts';

function thrownBy(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}

describe('an error on the command line', () => {
  it('lists every issue on a line of its own, once', () => {
    const tasks = Array.from({ length: 30 }, () => ({ id: 'same', prompt: '' }));
    const { lines, exitCode } = reportOf(thrownBy(() => compilePlan({ tasks })));
    expect(lines[0]).toBe('error: The plan has 29 faults:');
    expect(lines).toHaveLength(30);
    expect(new Set(lines).size).toBe(30);
    expect(exitCode).toBe(2);
  });

  it('lists no more issues than one reads, and says how many there are', () => {
    const tasks = Array.from({ length: 3000 }, (_, i) => ({ id: `t${i}`, prompt: '' }));
    const { lines } = reportOf(thrownBy(() => compilePlan({ tasks }, { agents: ['x', 'y'] })));
    expect(lines[0]).toBe('error: The plan has 3000 faults:');
    expect(lines.slice(-2)).toEqual(['  … and 2950 more.', expect.stringContaining('hint: name an agent')]);
    expect(lines).toHaveLength(53);
  });

  it('is one line when there is one issue', () => {
    const { lines } = reportOf(new SoarError('usage', 'This is wrong.', { issues: [{ path: '', message: 'x' }] }));
    expect(lines).toEqual(['error: This is wrong.']);
  });

  it('has no stack, but a hint how to get it, when it is unexpected', () => {
    const { lines, exitCode } = reportOf(new TypeError('x is not a function\n  more'));
    expect(lines).toEqual(['error: x is not a function', 'Set SOAR_DEBUG=1 to see where it happened.']);
    expect(exitCode).toBe(1);
    expect(reportOf(new TypeError('x'), { debug: true }).lines.join('\n')).toContain('at ');
  });
});
