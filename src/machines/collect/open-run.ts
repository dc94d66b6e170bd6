import type { RunOpened } from '../gate/events.ts';
import { openedRun } from '../gate/opened-run.ts';
import { agentOf, fallbackOf } from './logic.ts';
import type { Message } from './messages.ts';
import type { CollectRun } from './run.ts';

/** Opens a run at the breakers and the gate, and reports its plan to journal and streams. */
export function openRun(run: CollectRun): Message[] {
  const { input, limit, budgetAt, book, plan, publish } = run;
  const { resumed, log } = input;
  const now = run.actor.now();
  if (!resumed?.isCompiled) {
    const { deadlineAt } = limit;
    log?.append({ type: 'plan.compiled', at: now, tasks: book.total, ticked: 0, deadlineAt, budgetAt });
    for (const report of book.reports()) log?.append({ type: 'task.settled', report });
  }
  const waves = plan.waves.map((wave) => wave.map(({ id }) => id));
  publish({ type: 'plan.compiled', waves, timeoutMs: limit.timeoutMs }, now);
  // Settled before the run began: streams report them like any other settlement.
  for (const [at, { outcome }] of book.reports().entries()) {
    publish({ type: 'task.settled', outcome, settled: at + 1, total: book.total }, outcome.settledAt);
  }
  return [...ensureBreakers(run), { to: 'gate', event: opened(run, now) }];
}

/** The failure that had ended the run, as its wave reported it. */
export function endingReport({ ending }: CollectRun): Message[] {
  if (!ending) return [];
  return [{ to: 'self', event: { type: 'tasks.settled', wave: ending.outcome.wave, reports: [ending] } }];
}

/** Closes it at the gate. The account of a continuing run stays open: phases after the plan count, too. */
export function closeRun({ input, runId }: CollectRun): Message[] {
  return input.within ? [] : [{ to: 'gate', event: { type: 'run.closed', runId } }];
}

function ensureBreakers({ plan, policyOf, agents, settings, runId, input }: CollectRun): Message[] {
  const ensured = new Set<string>();
  const messages: Message[] = [];
  for (const task of plan.tasks) {
    const { breaker: policy } = policyOf(task);
    for (const agent of [agentOf(task, agents), fallbackOf(task, settings, agents)]) {
      if (!agent || !policy.enabled || ensured.has(agent.id)) continue;
      ensured.add(agent.id);
      const own = agent.base === undefined ? {} : { stored: input.resumed?.breakers?.get(agent.id), log: input.log };
      messages.push({ to: 'engine', event: { type: 'breaker.ensure', agent, runId, policy, ...own } });
    }
  }
  return messages;
}

function opened({ input, settings, budgetAt, runId, actor }: CollectRun, now: number): RunOpened {
  return openedRun({ runId, settings, budgetAt, resumed: input.resumed, ref: actor.ref, now });
}

/** A provider asks to be left alone until then: a derived limit does not count that time. */
export function holdLimit(run: CollectRun, until: number): Message[] {
  if (!run.limit.hold(until, run.actor.now())) return [];
  recordLimit(run);
  return [{ to: 'deadline', event: { type: 'sleep.moved', at: run.limit.deadlineAt } }];
}

/** This process did not run for a while: the timer of the derived deadline has moved by that time. */
export function grantTime(run: CollectRun, ms: number): void {
  run.limit.grant(ms);
  recordLimit(run);
}

function recordLimit({ input, limit: { deadlineAt, heldUntil }, actor }: CollectRun): void {
  input.log?.append({ type: 'limit.moved', at: actor.now(), deadlineAt, heldUntil });
}
