import { describe, expect, it } from 'vitest';
import { readPlan } from '../../src/cli/read-plan.ts';
import { writeIn } from '../e2e/soar-cli.ts';
import { temporaryDirectory } from '../support/processes.ts';

describe('a plan that is read from a file', () => {
  it('has no faults beside its own when parts of it are merged from others', async () => {
    const text = 'tasks:\n  - &a { id: a, prompt: x }\n  - { <<: *a, id: b, dependsOn: [nowhere] }\ngaol: x\n';
    const path = await writeIn(await temporaryDirectory(), 'plan.yaml', text);
    const issues = await readPlan(path, () => ({})).catch((error) =>
      error.issues.map(({ code }: { code: string }) => code),
    );
    expect(issues).toEqual(['unknown-dependency', 'unknown-key']);
  });
});
