import { describe, expect, it } from 'vitest';
import { createSoar } from '../../src/create-soar.ts';
import { SoarError } from '../../src/errors/soar-error.ts';
import type { Plan } from '../../src/plan/types.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { type ScriptedAgent, scriptedAgent } from '../support/scripted-agent.ts';
import { outcomeOf, type Watched, watch } from '../support/watched-run.ts';
import { ACCOUNT_CASES } from './account-cases.ts';
import type { Case, Expected } from './case.ts';
import { CASES } from './cases.ts';
import { DEFECT_CASES } from './defect-cases.ts';
import { RECOVERY_CASES } from './recovery-cases.ts';

describe.each([
  ['running', CASES],
  ['recovering', RECOVERY_CASES],
  ['what the reference got wrong', DEFECT_CASES],
  ['what the reference miscounted', ACCOUNT_CASES],
] as const)('%s', (_, cases) => {
  it.each(cases.map((one) => [one.it, one.ids.join(', '), one] as const))('%s (%s)', async (_it, _ids, one) => {
    const clock = new VirtualClock();
    const agents = Object.fromEntries(
      Object.entries(one.agents).map(([id, { script, ...profile }]) => [id, scriptedAgent(clock, script, profile)]),
    );
    const begin = (): Watched => {
      const soar = createSoar({ defaultAgent: defaultOf(one), ...one.options, agents, random: () => 0.5, clock });
      const plan = 'tasks' in one.plan ? one.plan : { tasks: one.plan };
      return watch(soar.run(plan, { runId: 'r', ...one.run }), clock, soar);
    };
    if (one.expected.throws) return expectThrown(begin, one.expected.throws);
    const run = begin();
    if (one.cancelAt !== undefined) clock.setTimeout(() => run.run.cancel('enough'), one.cancelAt);
    await check(one.expected, run, agents);
    await run.soar.close();
    expect(clock.pending).toBe(0);
  });
});

/** A plan whose tasks name no agent is for the only one there is. */
function defaultOf({ agents, plan }: Case): string | undefined {
  const named = ('tasks' in plan ? (plan as Plan).tasks : plan).some(({ agent }) => agent !== undefined);
  return named ? undefined : Object.keys(agents)[0];
}

function expectThrown(begin: () => unknown, { code, issues }: NonNullable<Expected['throws']>): void {
  let thrown: unknown;
  try {
    begin();
  } catch (error) {
    thrown = error;
  }
  if (!SoarError.isInstance(thrown)) throw new Error('It did not throw a SoarError.');
  expect(thrown.code).toBe(code);
  if (issues) expect(thrown.issues.map((issue) => issue.code).sort()).toEqual([...issues]);
}

async function check(expected: Expected, run: Watched, agents: Record<string, ScriptedAgent>): Promise<void> {
  const result = await run.settled();
  const { metadata } = result;
  if (expected.status) expect(result.status).toBe(expected.status);
  if (expected.starts) expect(run.startTimes()).toEqual(expected.starts);
  if (expected.metadata) expect(metadata).toMatchObject(expected.metadata);
  if (expected.breakers) expect(metadata.breakers).toMatchObject(expected.breakers);
  if (expected.peak !== undefined)
    expect(Math.max(...Object.values(agents).map(({ peak }) => peak))).toBe(expected.peak);
  if (expected.timeoutMs !== undefined) expect(run.of('plan.compiled')[0]?.timeoutMs).toBe(expected.timeoutMs);
  if (expected.warnings !== undefined) expect(run.of('warning')).toHaveLength(expected.warnings);
  for (const [id, count] of Object.entries(expected.calls ?? {}))
    expect([id, agents[id]?.calls.length]).toEqual([id, count]);
  for (const [id, outcome] of Object.entries(expected.outcomes ?? {}))
    expect(outcomeOf(result, id)).toMatchObject(outcome);
  for (const [id, count] of Object.entries(expected.attempts ?? {})) {
    expect([id, outcomeOf(result, id).attempts.length]).toEqual([id, count]);
  }
  for (const [id, states] of Object.entries(expected.states ?? {})) expect(run.states(id)).toEqual(states);
  for (const [id, pieces] of Object.entries(expected.prompts ?? {})) {
    const call = Object.values(agents)
      .flatMap(({ calls }) => calls)
      .find(({ taskId }) => taskId === id);
    for (const piece of pieces) expect(call?.prompt).toContain(piece);
  }
  for (const [id, pieces] of Object.entries(expected.messages ?? {})) {
    for (const piece of pieces) expect(outcomeOf(result, id).error?.message).toContain(piece);
  }
}
