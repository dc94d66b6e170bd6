import { describe, expect, it } from 'vitest';
import { createSoar } from '../../src/create-soar.ts';
import { memoryJournal } from '../../src/journal/memory-journal.ts';
import type { Plan, RunSettings } from '../../src/plan/types.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { scriptedAgent } from '../support/scripted-agent.ts';
import { ONE_TRY, task } from '../support/watched-run.ts';

type Rule = NonNullable<RunSettings['onDependencyFailure']>;

const tasks = [task('a'), task('b', { dependsOn: ['a'] })];
const agents = (clock: VirtualClock) => ({ one: scriptedAgent(clock, { a: [{ fail: 'exit' }] }) });
const rule = (onDependencyFailure?: Rule) => (onDependencyFailure ? { onDependencyFailure } : {});

/** Outcome of a dependent of a failed task under these rules. */
async function dependent(engine?: Rule, plan?: Rule, run?: Rule, own?: Rule): Promise<string | undefined> {
  const clock = new VirtualClock();
  const soar = createSoar({ agents: agents(clock), clock, policy: ONE_TRY, ...rule(engine) });
  const given: Plan = { ...rule(plan), tasks: [task('a'), task('b', { dependsOn: ['a'], ...rule(own) })] };
  const { outcomes } = await clock.settle(soar.run(given, rule(run)).result);
  return outcomes[1]?.status;
}

describe('the rule after a failure', () => {
  it('is skip in a plan where nothing says otherwise', async () => {
    expect(await dependent()).toBe('skipped');
  });

  it.each([
    ['the engine', ['proceed']],
    ['the plan, over the engine', ['skip', 'proceed']],
    ['the run, over the plan', ['skip', 'skip', 'proceed']],
    ['the task, over the run', ['skip', 'skip', 'skip', 'proceed']],
  ] as [string, Rule[]][])('is that of %s', async (_, rules) => {
    expect(await dependent(...rules)).toBe('succeeded');
  });

  it.each([
    ['proceed', {}],
    ['skip', { onDependencyFailure: 'skip' as const }],
  ])('is %s in the plan of a question, which states it', async (expected, engine) => {
    const clock = new VirtualClock();
    const soar = createSoar({ agents: { one: scriptedAgent(clock) }, clock, phaseAgent: false, ...engine });
    const { plan } = await clock.settle(soar.plan('What is a gate? What is a breaker?').result);
    expect(plan?.onDependencyFailure).toBe(expected);
  });

  it('stays what it was in a run of an older version, whose journal does not say', async () => {
    const clock = new VirtualClock();
    const journal = memoryJournal();
    const options = { agents: agents(clock), clock, policy: ONE_TRY };
    createSoar({ ...options, journal }).run({ tasks, onDependencyFailure: 'proceed' }, { runId: 'new' });
    const header = journal.load('new')?.header;
    if (!header) throw new Error('The run was not recorded.');
    const { onDependencyFailure: _, ...settings } = header.settings;
    journal.begin({ ...header, runId: 'old', settings: settings as typeof header.settings });
    const { outcomes } = await clock.settle(createSoar({ ...options, journal: journal.crash() }).resume('old').result);
    expect(outcomes.map(({ status }) => status)).toEqual(['failed', 'succeeded']);
  });
});
