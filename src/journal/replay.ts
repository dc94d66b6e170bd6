import { elapsedMs } from '../base/clock.ts';
import { tokensOf } from '../policy/usage.ts';
import type { LogEntry, RunHeader, StoredProcess, StoredResult, StoredRun } from '../run/entries.ts';
import { NO_ANSWER, NO_WAITS, type ParkedTask } from '../run/parked-task.ts';
import type { RunResult } from '../run/result.ts';
import { runBounds } from '../run/settings.ts';
import { NO_NOTES } from '../run/task-report.ts';
import type { AttemptRecord } from '../types/task.ts';
import { lastInstant, rollBackClock } from './clock-rollback.ts';
import type { ReplayedRun } from './replayed-run.ts';

/** Record of an attempt whose end was not seen. It consumes no retry. */
export const INTERRUPTED = 'Interrupted by the end of its process.';

const UNTOUCHED: ParkedTask = Object.freeze({
  state: 'staggered',
  attempts: [],
  notes: NO_NOTES,
  waits: NO_WAITS,
  error: null,
  answer: NO_ANSWER,
});

type Started = Extract<LogEntry, { type: 'attempt.started' }>;

/** Works out where a run stands. Pure; the same records give the same run. */
export function replay({ header, entries, lost }: StoredRun, now: number): ReplayedRun {
  const run: ReplayedRun = {
    header,
    lost,
    startedAt: header.startedAt,
    phases: {},
    phaseRecords: [],
    approved: null,
    calls: new Map(),
    ...boundsOf(header),
    heldUntil: null,
    isCompiled: false,
    settled: [],
    tasks: new Map(),
    breakers: new Map(),
    lastStartAt: null,
    spent: { attempts: 0, tokens: 0, costUsd: 0 },
    processes: [],
    end: null,
  };
  const settled = new Set<string>();
  const open = new Map<string, Started>();
  const processes: StoredProcess[] = [];
  const taskOf = new Map<string, string>();
  const sessions = new Map<string, string>();
  for (const entry of entries) {
    switch (entry.type) {
      case 'phase.completed':
        run.phases[entry.phase] = entry.output;
        if (entry.record) run.phaseRecords.push(entry.record);
        break;
      case 'plan.approved':
        run.approved = entry.plan;
        break;
      case 'call.settled': {
        const { type: _, ...call } = entry;
        open.delete(call.taskId);
        run.tasks.delete(call.taskId);
        run.calls.set(call.taskId, call);
        break;
      }
      case 'plan.compiled':
        run.deadlineAt = entry.deadlineAt;
        run.budgetAt = entry.budgetAt;
        run.isCompiled = true;
        break;
      case 'limit.moved':
        run.deadlineAt = entry.deadlineAt;
        run.heldUntil = entry.heldUntil;
        break;
      case 'attempt.started':
        reopen(run, entry.taskId);
        open.set(entry.taskId, entry);
        taskOf.set(entry.key, entry.taskId);
        run.spent.attempts += 1;
        run.lastStartAt = entry.at;
        break;
      case 'process.started': {
        const { type: _, ...started } = entry;
        processes.push(started);
        break;
      }
      case 'attempt.session':
        sessions.set(entry.key, entry.session);
        break;
      case 'task.parked': {
        const { type: _, taskId, ...parked } = entry;
        reopen(run, taskId);
        open.delete(taskId);
        run.tasks.set(taskId, parked);
        break;
      }
      case 'task.interrupted': {
        const { taskId, attempts } = entry;
        reopen(run, taskId);
        const wasRunning = open.delete(taskId);
        const before = run.tasks.get(taskId) ?? UNTOUCHED;
        run.tasks.set(taskId, { ...(wasRunning ? resting(before) : before), attempts });
        break;
      }
      case 'task.settled': {
        const { taskId } = entry.report.outcome;
        open.delete(taskId);
        run.tasks.delete(taskId);
        if (settled.has(taskId)) break;
        settled.add(taskId);
        run.settled.push(entry.report);
        break;
      }
      case 'breaker.changed': {
        const { type: _, ...breaker } = entry;
        run.breakers.set(breaker.agentId, breaker);
        break;
      }
      case 'run.resumed':
        closeOpen(run, open, sessions, entry.at);
        if (entry.deadlineAt === null) break;
        run.deadlineAt = entry.deadlineAt;
        run.limitAt = entry.deadlineAt;
        break;
      case 'run.settled':
        run.end = entry.result;
        break;
    }
  }
  const isLeft = (taskId: string | undefined) => taskId !== undefined && !settled.has(taskId) && !run.calls.has(taskId);
  run.processes = processes.filter(({ key }) => isLeft(taskOf.get(key)));
  closeOpen(run, open, sessions, now);
  const last = lastInstant(header, entries);
  grantDeadTime(run, last, now);
  rollBackClock(run, elapsedMs(now, last));
  for (const [taskId, task] of run.tasks) if (task.state === 'circuitOpen') run.tasks.set(taskId, called(task, now));
  const everything = [...run.settled.map(({ outcome }) => outcome), ...run.tasks.values(), ...run.calls.values()];
  for (const { attempts } of everything) {
    for (const { usage } of attempts) {
      if (!usage) continue;
      run.spent.tokens += tokensOf(usage);
      run.spent.costUsd += usage.costUsd ?? 0;
    }
  }
  return run;
}

/** Time in which no process worked on a run is not counted in a derived limit. */
function grantDeadTime(run: ReplayedRun, last: number, now: number): void {
  if (run.deadlineAt === null || isLimitSet(run)) return;
  run.deadlineAt += elapsedMs(Math.max(last, run.heldUntil ?? last), now);
}

/** Whether the limit of a run was given; else it is derived from its plan. */
export function isLimitSet({ limitAt, header }: ReplayedRun): boolean {
  return limitAt !== null || (header.settings.timeoutMs ?? null) !== null;
}

/** A question's run is bound from its start; a plan's from when it is compiled. */
function boundsOf({ query, startedAt, settings }: RunHeader): Pick<ReplayedRun, 'deadlineAt' | 'limitAt' | 'budgetAt'> {
  if (query === undefined) return { deadlineAt: null, limitAt: null, budgetAt: null };
  const { deadlineAt, budgetAt } = runBounds(settings, startedAt);
  return { deadlineAt, limitAt: deadlineAt, budgetAt };
}

/** A call that is asked anew: what it came to before counts as its attempts. */
function reopen(run: ReplayedRun, taskId: string): void {
  const call = run.calls.get(taskId);
  if (!call) return;
  run.calls.delete(taskId);
  const { attempts, rateLimits = [] } = call;
  run.tasks.set(taskId, { ...UNTOUCHED, attempts, notes: { ...NO_NOTES, rateLimits } });
}

/** The attempts under way when the last owner went: each is over, with a record of its own. */
function closeOpen(
  run: ReplayedRun,
  open: Map<string, Started>,
  sessions: ReadonlyMap<string, string>,
  now: number,
): void {
  for (const [taskId, { n, agentId, key, at }] of open) {
    const session = sessions.get(key);
    const record: AttemptRecord = {
      n,
      agentId,
      key,
      startedAt: at,
      endedAt: Math.max(at, now),
      result: 'cancelled',
      error: { kind: 'cancelled', message: INTERRUPTED, retryable: true },
      ...(session === undefined ? undefined : { session }),
    };
    const before = resting(run.tasks.get(taskId));
    run.tasks.set(taskId, { ...before, attempts: [...before.attempts, record] });
  }
  open.clear();
}

/** A task whose attempt was interrupted asks for the next one; a fallback stays the fallback. */
function resting(task: ParkedTask = UNTOUCHED): ParkedTask {
  return task.state === 'fallback' ? task : { ...task, state: 'staggered' };
}

/** The breaker's queue is gone with its process: the task asks anew, and its wait counts. */
function called(task: ParkedTask, now: number): ParkedTask {
  const { waits } = task;
  const openMs = waits.openMs + elapsedMs(waits.since, now);
  return { ...task, state: 'staggered', waits: { ...waits, openMs } };
}

/** The result of a run that has ended, as it was: its outcomes stand in plan order. */
export function resultOf({ settled }: ReplayedRun, end: StoredResult, order: readonly string[]): RunResult {
  const outcomes = new Map(settled.map(({ outcome }) => [outcome.taskId, outcome]));
  const { runId, status, ...rest } = end;
  const inOrder = order.flatMap((taskId) => outcomes.get(taskId) ?? []);
  return { runId, status, outcomes: inOrder, ...rest };
}
