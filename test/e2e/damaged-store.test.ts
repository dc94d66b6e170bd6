import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  body,
  DAMAGED,
  HEALTHY,
  inBody,
  makeStores,
  PLAN,
  type Stores,
  unfinished,
} from '../support/damaged-stores.ts';
import { runSoar } from './soar-cli.ts';

let stores: Stores;
beforeAll(async () => {
  stores = await makeStores();
});
afterAll(() => stores.remove());

const soar = (args: readonly string[], dir: string, stdin?: string) =>
  runSoar([...args, '--state-dir', dir], { cwd: stores.base, ...(stdin === undefined ? {} : { stdin }) });

describe('soar with a damaged store', () => {
  it('names the damaged run in one sentence, whatever is asked of it', async () => {
    const dir = stores.damaged(body('task.settled', "'null'"));
    for (const args of [
      ['show', DAMAGED],
      ['show', DAMAGED, '--json'],
      ['resume', DAMAGED],
      ['view', DAMAGED, '--once', join(dir, 'out.html')],
    ]) {
      const { code, stdout, stderr } = await soar(args, dir);
      expect(stderr).toMatch(
        /^error: Run `r-damaged` in \S+soar\.db is damaged: record \d+ \(task\.settled\) [^\n]+\n$/,
      );
      expect(stdout).toBe('');
      expect(code).toBe(2);
    }
  });

  it('lists, shows and resumes the other runs, and begins new ones', async () => {
    const dir = stores.damaged(`UPDATE runs SET started_at = 9223372036854775807 WHERE id = '${DAMAGED}';
      INSERT INTO breakers VALUES ('cat', '{'); INSERT INTO paces VALUES ('cat', 'null');
      UPDATE answers SET body = '[]'; INSERT INTO records VALUES ('q', 1, 'null');`);
    const runs = await soar(['runs'], dir);
    expect(runs.stdout).toContain(HEALTHY);
    expect(runs.stderr).toBe(
      `1 run in ${dir} cannot be listed, because the records are damaged: \`${DAMAGED}\`. They were left as they are.\n`,
    );
    expect((await soar(['show', HEALTHY], dir)).code).toBe(0);
    expect((await soar(['resume', HEALTHY], dir)).code).toBe(0);
    const { code, stderr } = await soar(['run', '-', '--cache'], dir, JSON.stringify(PLAN));
    expect(code, stderr).toBe(0);
  });

  it.each([
    ['tasks[0].dependsOn', '["b"]', 'its stored plan is not valid (Tasks depend on each other in a circle: a → b → a)'],
    [
      'tasks[1].dependsOn',
      '["zz"]',
      'its stored plan is not valid (Task `b` depends on `zz`, which is not in the plan)',
    ],
    ['agents.cat.kind', '"odd"', 'its stored plan is not valid (Agent `cat`: expected `kind` to be'],
  ])('says that the stored plan is damaged, as none was given: %s', async (path, value, says) => {
    const dir = stores.damaged(`${inBody('run.opened', `plan.${path}`, value)}; ${unfinished()}`);
    const { code, stderr } = await soar(['resume', DAMAGED], dir);
    expect(stderr).toContain(`error: Run \`${DAMAGED}\` in the journal is damaged: ${says}`);
    expect(stderr).toContain('Run its plan or question again');
    expect(code).toBe(2);
  });

  it('names an agent that is described no longer', async () => {
    const dir = stores.damaged(`${inBody('run.opened', 'plan.agents', '{}')}; ${unfinished()}`);
    const { code, stderr } = await soar(['resume', DAMAGED], dir);
    expect(stderr).toMatch(
      /^error: Run `r-damaged` cannot be resumed: There is no agent `cat`.* Describe it again as it was/,
    );
    expect(code).toBe(2);
  });
});
