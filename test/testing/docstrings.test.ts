import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { auditTime } from 'rxjs';
import { afterEach, describe, expect, test } from 'vitest';
import { createActor, fromPromise, setup } from 'xstate';
import { createSoar } from '../../src/create-soar.ts';
import * as kit from '../../src/testing/index.ts';

expect.extend(kit.traceMatchers);

const folder = path.join(import.meta.dirname, '../../src/testing');

/** The example of each public function and class, as its docstring has it. */
function examples(): Map<string, string> {
  const found = new Map<string, string>();
  for (const file of readdirSync(folder)) {
    const text = readFileSync(path.join(folder, file), 'utf8');
    for (const [, docs = '', name = ''] of text.matchAll(
      /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\nexport (?:async function|function|class|const) (\w+)/g,
    )) {
      const [, example] = docs.split('@example\n');
      if (example !== undefined && !found.has(name)) found.set(name, example.replace(/^ \* ?/gm, ''));
    }
  }
  return found;
}

const flow = setup({ actors: { fetch: fromPromise(async () => ({ items: [] })) } }).createMachine({
  id: 'flow',
  initial: 'idle',
  states: {
    idle: { on: { go: 'fetching' } },
    fetching: { invoke: { id: 'fetch', src: 'fetch', onDone: 'done', onError: 'idle' } },
    done: { type: 'final' },
  },
});

const lamp = setup({}).createMachine({
  id: 'lamp',
  initial: 'off',
  states: { off: { on: { press: 'on' } }, on: { on: { press: 'off' } } },
});

/** What the examples take for granted. */
function scope() {
  const clock = new kit.VirtualClock();
  const agents = { claude: async () => 'done' };
  const plan = { tasks: ['a', 'b'].map((id) => ({ id, prompt: '' })) };
  const soar = createSoar({ agents, clock });
  const cases: Promise<unknown>[] = [];
  const test = (_: string, run: () => Promise<unknown>) => void cases.push(run());
  return {
    ...kit,
    ...{ createSoar, createActor, auditTime, expect, flow, lamp, agents, plan, clock, soar, cases },
    run: soar.run(plan),
    coverage: kit.transitionCoverage(flow),
    draw: () => {},
    test,
    console: { log: () => {} },
  };
}

describe('the example of', () => {
  const found = examples();

  test.each(Object.keys(kit).filter((name) => !['peakOf', 'statesOf'].includes(name)))('%s runs', async (name) => {
    const example = found.get(name);
    if (example === undefined) throw new Error(`${name} has no example.`);
    // What a comment says a line gives is what it gives.
    const checked = example.replace(/^(\w.*); \/\/ ('\w+')$/gm, (line, code, value) =>
      code.startsWith('const ') ? line : `expect(${code}).toBe(${value});`,
    );
    const given = scope();
    const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
    await new AsyncFunction(...Object.keys(given), `{ ${checked} }`)(...Object.values(given));
    await Promise.all(given.cases);
  });

  afterEach(() => expect(found.size).toBeGreaterThan(10));
});
