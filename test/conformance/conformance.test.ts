import { describe, expect, it } from 'vitest';
import { createSoar } from '../../src/create-soar.ts';
import { SoarError } from '../../src/errors/soar-error.ts';
import type { Plan } from '../../src/plan/types.ts';
import { peakOf } from '../../src/testing/trace-matchers.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { type ScriptedAgent, scriptedAgent } from '../support/scripted-agent.ts';
import { outcomeOf, type Watched, watch } from '../support/watched-run.ts';
import type { Case, Expected } from './case.schema.ts';
import { CASE_FILES } from './case-files.ts';

describe.each(CASE_FILES.map(({ about, cases }) => [about, cases] as const))('%s', (_, cases) => {
  it.each(cases.map((one) => [one.it, one.ids.join(', '), one] as const))('%s (%s)', async (_it, _ids, one) => {
    const clock = new VirtualClock();
    const agents = agentsOf(one, clock);
    const begin = (): Watched => {
      const soar = createSoar({ ...one.options, agents, random: () => 0.5, clock });
      return watch(soar.run(one.plan as Plan, { runId: 'r', ...one.run }), clock, soar);
    };
    if (one.expected.throws) return expectThrown(begin, one.expected.throws);
    const run = begin();
    if (one.cancelAt !== undefined) clock.setTimeout(() => run.run.cancel('enough'), one.cancelAt);
    await check(one.expected, run, agents);
    await run.soar.close();
    expect(clock.pending).toBe(0);
  });
});

function agentsOf({ agents }: Case, clock: VirtualClock): Record<string, ScriptedAgent> {
  return Object.fromEntries(
    Object.entries(agents).map(([id, { script, ...profile }]) => [id, scriptedAgent(clock, script, profile)]),
  );
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
  if (expected.peak !== undefined) expect(peakOf(run)).toBe(expected.peak);
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
