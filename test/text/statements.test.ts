import { describe, expect, it } from 'vitest';
import { statementsOf } from '../../src/text/statements.ts';

const brief = (path: string, text: string, startLine = 1) =>
  statementsOf({ path, startLine, text }).map(({ kind, label, text: said, startLine: from, endLine: to }) => [
    kind,
    label,
    said,
    from,
    to,
  ]);

describe('statementsOf', () => {
  it('joins a sentence that is wrapped, and names all its lines', () => {
    expect(
      brief('a.md', 'The gate reserves a lease and\nasks the breaker. Then it stamps the start of it.', 10),
    ).toEqual([
      ['sentence', null, 'The gate reserves a lease and asks the breaker.', 10, 11],
      ['sentence', null, 'Then it stamps the start of it.', 11, 11],
    ]);
  });

  it('does not end a sentence at an abbreviation', () => {
    expect(brief('a.md', 'It waits for something, e.g. A lease or a permit.')).toHaveLength(1);
  });

  it('reads rows of a table and leaves its head out', () => {
    expect(brief('a.md', '| state | meaning |\n|---|---|\n| cooling | it waits |')).toEqual([
      ['row', null, 'cooling | it waits', 3, 3],
    ]);
  });

  it('reads fenced lines as code', () => {
    expect(brief('a.md', '```\nconst run = soar.run(plan);\n```')).toEqual([
      ['code', null, 'const run = soar.run(plan);', 2, 2],
    ]);
  });

  it('gives a doc comment the name of what it documents', () => {
    expect(brief('a.ts', '/**\n * Grants leases and paces starts.\n */\nexport function createGate() {')).toEqual([
      ['doc', 'createGate', 'Grants leases and paces starts.', 2, 2],
      ['code', null, 'export function createGate() {', 4, 4],
    ]);
  });

  it('leaves out the example of a doc comment', () => {
    expect(brief('a.ts', '/**\n * Paces the starts of agents.\n * @example\n * gate.start()\n */')).toHaveLength(1);
  });

  it('does not take a private member for a comment', () => {
    expect(brief('a.ts', '  #return(lease: Lease): void {')).toEqual([
      ['code', null, '#return(lease: Lease): void {', 1, 1],
    ]);
  });

  it('reads the docstring of a Python function', () => {
    expect(brief('a.py', 'def pace(gap):\n    """Waits until the gap is over."""')[1]).toEqual([
      'doc',
      'pace',
      'Waits until the gap is over.',
      2,
      2,
    ]);
  });
});
