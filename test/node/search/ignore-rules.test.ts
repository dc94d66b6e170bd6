import { describe, expect, it } from 'vitest';
import { ignoreRules } from '../../../src/node/search/ignore-rules.ts';
import { cpuMsOf } from '../../support/cpu-time.ts';

describe('The rules of a .gitignore file', () => {
  it.each([
    ['*.log', 'a/b.log', true],
    ['docs/**/*.md', 'docs/a/b.md', true],
    ['docs/**/*.md', 'docs/a/b.ts', false],
    ['*-*-*.log', 'a-b-c.log', true],
    ['*-*-*.log', 'a-b-c.ts', false],
    ['/src/*a/**/b*/c*.ts', 'src/xa/y/bz/cq.ts', true],
    ['/src/*a/**/b*/c*.ts', 'test/xa/y/bz/cq.ts', false],
    ['**/a/**/b/**/c', 'x/a/y/b/z/c', true],
    ['x*a\\*b*c', 'x*a1b2c', true],
  ])('with %s: of %s, %s', (rule, path, isIgnored) => {
    expect(ignoreRules(rule).ignores(path)).toBe(isIgnored);
  });

  it('take nothing back by more than two wildcards', () => {
    expect(ignoreRules('*.log\n!*a*b*c.log').ignores('1a2b3c.log')).toBe(true);
    expect(ignoreRules('*.log\n!a*.log').ignores('a1.log')).toBe(false);
  });

  it('are tried in little time, however many wildcards they have', () => {
    const rules = ignoreRules(`${'**/a/'.repeat(50)}b\n${'*a'.repeat(50)}*b\n${'a/*'.repeat(50)}c`);
    const ms = cpuMsOf(() => {
      rules.ignores(`${'a/'.repeat(500)}c`);
      rules.ignores(`${'a'.repeat(250)}bc`);
    });
    expect(ms).toBeLessThan(2000);
  });

  it('are bounded in number', () => {
    const many = Array.from({ length: 3000 }, (_, i) => `name${i}`).join('\n');
    expect(ignoreRules(many).ignores('name1999')).toBe(true);
    expect(ignoreRules(many).ignores('name2000')).toBe(false);
  });
});
