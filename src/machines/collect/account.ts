import { type Addressee, nowOf, tell } from '../../actors/scope.ts';
import type { RunOpened } from '../gate/events.ts';
import type { CollectEvent } from './events.ts';
import { agentOf, fallbackOf } from './logic.ts';
import type { StepArgs } from './steps.ts';

/** Tells breakers, gate, journal and streams of a run that begins. */
export function openAccount(args: StepArgs): void {
  const { run } = args.context;
  const { settings, services, plan, agents } = run;
  const ensured = new Set<string>();
  for (const task of plan.tasks) {
    const policy = run.policyOf(task);
    for (const agent of [agentOf(task, agents), fallbackOf(task, settings, agents)]) {
      if (!agent || !policy.breaker.enabled || ensured.has(agent.id)) continue;
      ensured.add(agent.id);
      tell(args, services.engine, {
        type: 'breaker.ensure',
        agent,
        runId: run.runId,
        policy: policy.breaker,
        ...(agent.base === undefined ? {} : { stored: run.input.resumed?.breakers?.get(agent.id), log: run.input.log }),
      });
    }
  }
  const { runId } = run;
  const { maxConcurrent, staggerMs } = settings;
  const ref = args.self as Addressee<CollectEvent>;
  const now = nowOf(args.self);
  // The gate counts time from when it hears of the run, which may have begun before, or in another process.
  const { resumed } = run.input;
  const budget = run.budgetAt === null ? settings.budget : { ...settings.budget, timeMs: run.budgetAt - now };
  const opened: RunOpened = { type: 'run.opened', runId, maxConcurrent, staggerMs, budget, ref };
  const before = resumed ? { spent: resumed.spent, lastStartAt: resumed.lastStartAt } : {};
  tell(args, services.gate, { ...opened, ...before });
  if (!resumed?.isCompiled) {
    const { limit, budgetAt, book } = run;
    const { deadlineAt } = limit;
    run.input.log?.append({ type: 'plan.compiled', at: now, tasks: book.total, ticked: 0, deadlineAt, budgetAt });
    for (const report of book.reports()) run.input.log?.append({ type: 'task.settled', report });
  }
  const waves = plan.waves.map((wave) => wave.map(({ id }) => id));
  run.publish({ type: 'plan.compiled', waves, timeoutMs: run.limit.timeoutMs }, now);
  // Settled before the run began: streams hear of it like of any other settlement.
  let settled = 0;
  for (const { outcome } of run.book.reports()) {
    settled += 1;
    run.publish({ type: 'task.settled', outcome, settled, total: run.book.total }, outcome.settledAt);
  }
}

/** Tells the gate that a run is over. */
export function closeAccount(args: StepArgs): void {
  const { run } = args.context;
  // The account of a run that goes on stays open: what comes after the plan counts, too.
  if (!run.input.within) tell(args, run.services.gate, { type: 'run.closed', runId: run.runId });
}
