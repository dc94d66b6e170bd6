import type { SettledCall } from '../actors/phases/calls.ts';
import { elapsedMs } from '../clock.ts';
import { runBounds } from '../machines/collect/logic.ts';
import type { Expenses } from '../machines/gate/events.ts';
import type { ParkedTask, TaskReport } from '../machines/task/events.ts';
import { NO_ANSWER, NO_NOTES, NO_WAITS } from '../machines/task/logic.ts';
import type { Plan } from '../plan/types.ts';
import { tokensOf } from '../policy/usage.ts';
import type { PhaseName } from '../streams/events.ts';
import type { AttemptRecord, PhaseRecord, RunResult } from '../types.ts';
import type { LogEntry, RunHeader, StoredBreaker, StoredProcess, StoredResult, StoredRun } from './entries.ts';
import { lastInstant, putBack } from './put-back.ts';

/** A run as its records leave it: what must not happen again, and where to go on. */
export interface ReplayedRun {
  header: RunHeader;
  /** As of {@link StoredRun}. */
  lost: StoredRun['lost'];
  /** When it first began; moved with the other points in time when the clock was put back since. */
  startedAt: number;
  /** Outputs of the phases that were completed. */
  phases: Partial<Record<PhaseName, unknown>>;
  /** How they were done, in order. */
  phaseRecords: PhaseRecord[];
  /** The plan as a person approved it; null: none has. */
  approved: Plan | null;
  /** What phases have asked, by task id; each as it ended last. */
  calls: Map<string, SettledCall>;
  /** Null when nothing is known of it: it follows from a plan that there was not yet. */
  deadlineAt: number | null;
  budgetAt: number | null;
  /** When a limit that somebody set ends the run of a question; a limit that follows from its plan is that of the plan. */
  limitAt: number | null;
  /** Until when its derived limit stood still, epoch milliseconds; null: never. */
  heldUntil: number | null;
  /** Whether its plan had been announced. */
  isCompiled: boolean;
  /** Each task once, in the order they settled. */
  settled: TaskReport[];
  /** Tasks that had begun and have not settled. */
  tasks: Map<string, ParkedTask>;
  /** Of agents that its plan made up, as they were left. */
  breakers: Map<string, StoredBreaker>;
  /** Of any attempt; null when none was started. */
  lastStartAt: number | null;
  /** By every execution there was. */
  spent: Expenses;
  /** Of tasks and calls that have not settled. Kept over resumes, because one that was killed may not have ended them. */
  processes: StoredProcess[];
  /** Null when it can go on. */
  end: StoredResult | null;
}

/** How an attempt is recorded that nobody saw the end of. It consumes no retry. */
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
  putBack(run, elapsedMs(now, last));
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

/** Time in which no process worked on a run is not counted in a limit that nobody has set. */
function grantDeadTime(run: ReplayedRun, last: number, now: number): void {
  if (run.deadlineAt === null || isLimitSet(run)) return;
  run.deadlineAt += elapsedMs(Math.max(last, run.heldUntil ?? last), now);
}

/** Whether somebody has set the limit of a run; else it is derived from its plan. */
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
