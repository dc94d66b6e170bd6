import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, type Diagnostics } from 'recheck';
import { parseAst } from 'vite';
import { describe, expect, it } from 'vitest';
import { cpuMsOf } from '../support/cpu-time.ts';

/** Expressions that are not linear, and the bound of what they read. By file, and by how they begin. */
const BOUNDED: readonly { file: string; starts: string; bound: string }[] = [
  { file: 'src/text/questions.ts', starts: '', bound: 'queries of at most 4000 characters, comparisons of 400' },
  { file: 'src/phases/assess/assess.ts', starts: '', bound: 'the first 4000 characters of a query' },
  { file: 'src/node/tools/cli-agent.ts', starts: '\\bno (?:', bound: 'messages of at most 4000 characters' },
  { file: 'src/node/search/secret-files.ts', starts: '', bound: 'names of files, which the system bounds' },
  { file: 'src/plan/json-text.ts', starts: '"', bound: 'JSON that was parsed: each string in it has its end' },
  { file: 'src/text/mask/secrets-of.ts', starts: '=+', bound: 'base64, which ends in two of them at most' },
  { file: 'src/node/tools/envelopes/aider.ts', starts: '^(?:\\s*$', bound: 'the first 1000 characters of a line' },
  { file: 'src/errors/classify.ts', starts: '', bound: 'lines of at most 8192 characters, in single spaces' },
];

interface Expression {
  file: string;
  source: string;
  flags: string;
}

const root = join(import.meta.dirname, '../..');

function sources(): string[] {
  return ['src', 'visualizer'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.tsx?$/.test(path))
      .map((path) => `${folder}/${path.replaceAll('\\', '/')}`),
  );
}

/** Expressions that are written out in a file. */
function literals(file: string): Expression[] {
  const tree = parseAst(readFileSync(join(root, file), 'utf8'), { lang: file.endsWith('x') ? 'tsx' : 'ts' });
  const found: Expression[] = [];
  const left: unknown[] = [tree];
  while (left.length > 0) {
    const node = left.pop() as { regex?: { pattern: string; flags: string } } | null;
    if (typeof node !== 'object' || node === null) continue;
    if (node.regex) found.push({ file, source: node.regex.pattern, flags: node.regex.flags });
    left.push(...Object.values(node));
  }
  return found;
}

/** Expressions that a file puts together from parts when it is loaded. */
async function composed(file: string): Promise<Expression[]> {
  const Plain = globalThis.RegExp;
  const found: Expression[] = [];
  globalThis.RegExp = new Proxy(Plain, {
    construct(target, args, made) {
      const expression = Reflect.construct(target, args, made) as RegExp;
      found.push({ file, source: expression.source, flags: expression.flags });
      return expression;
    },
  });
  try {
    await import(join(root, file));
  } finally {
    globalThis.RegExp = Plain;
  }
  return found;
}

/** Without a part that repeats without end, an expression does no more than so many steps at a place. */
function repeats({ source }: Expression): boolean {
  return /[*+]|\{\d+,\}/.test(source);
}

type Attack = Extract<Diagnostics, { status: 'vulnerable' }>['attack'];

/** The attack in about so many characters. */
function attackText({ pumps, suffix, base }: Attack, length: number): string {
  const unit = pumps.reduce((sum, { pump }) => sum + pump.length, 0);
  const times = Math.max(base, Math.ceil(length / unit));
  return pumps.map(({ prefix, pump, bias }) => prefix + pump.repeat(times + bias)).join('') + suffix;
}

/** Four times the text takes a linear expression four times as long, a quadratic one 16 times. */
function isSlow({ source, flags }: Expression, attack: Attack): boolean {
  const expression = new RegExp(source, flags);
  const msOf = (length: number) => {
    const text = attackText(attack, length);
    return cpuMsOf(() => text.replace(expression, ''));
  };
  const before = msOf(8000);
  return before > 1000 || msOf(32_000) > 9 * before + 30;
}

async function faultOf(expression: Expression): Promise<string | null> {
  const { file, source, flags } = expression;
  if (BOUNDED.some((one) => file.startsWith(one.file) && source.startsWith(one.starts))) return null;
  const found = await check(source, flags, { timeout: 10_000, randomSeed: 1 });
  // What the checker guesses from its own steps is measured on the real engine; what it proves is a fault.
  if (found.status !== 'vulnerable' || (found.checker === 'fuzz' && !isSlow(expression, found.attack))) return null;
  return `${file}: /${source}/${flags} is ${found.complexity.summary}`;
}

describe('Expressions', () => {
  it('take time in proportion to the text, or their text is bounded', async () => {
    const files = sources();
    const expressions = files.flatMap(literals);
    for (const file of files) {
      if (readFileSync(join(root, file), 'utf8').includes('new RegExp(')) expressions.push(...(await composed(file)));
    }
    const distinct = new Map(expressions.filter(repeats).map((one) => [`${one.file} ${one.source} ${one.flags}`, one]));
    const faults: string[] = [];
    const left = [...distinct.values()];
    const work = async () => {
      for (let next = left.pop(); next; next = left.pop()) {
        const fault = await faultOf(next);
        if (fault !== null) faults.push(fault);
      }
    };
    await Promise.all([work(), work()]);
    expect(distinct.size).toBeGreaterThan(100);
    expect(faults.toSorted()).toEqual([]);
  }, 300_000);
});
