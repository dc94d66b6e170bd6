import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { body, DAMAGED, HEALTHY, makeStores, PLAN, type Stores } from '../support/damaged-stores.ts';
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
});
