import type { RunEvent } from '../run/events.ts';
import { escaped, oneLine } from '../text/foreign-text.ts';
import { counted, formatDuration } from './format.ts';
import { withoutRootCause } from './root-cause.ts';
import { clip } from './text-width.ts';

/** Waits for a start that are shorter get no line, milliseconds. */
const SHORT_WAIT_MS = 1000;
/** Longest reason in a line of the log, columns. */
const REASON_COLUMNS = 200;

/** How a task succeeded, where it was not by its own agent. */
const HOW: Readonly<Record<string, string>> = { fallback: ' by the fallback', cache: ' from the cache' };

/** Says a run's events as lines of a log; remembers what later lines need. */
export function createProgressLog(): (event: RunEvent) => string[] {
  let waves = 0;
  const reasons = new Map<string, string>();
  /** Errors of tasks that failed, as they were shown. */
  const failures = new Map<string, string>();
  /** The last warning or stop: every task that is cancelled for it gives the same reason. */
  let said: string | null = null;
  const reasonOf = (taskId: string) => (reasons.has(taskId) ? `: ${reasons.get(taskId)}` : '');

  return (event) => {
    switch (event.type) {
      case 'plan.compiled':
        waves = event.waves.length;
        return [];
      case 'phase.completed':
        return event.phase === 'collect' ? [] : [phaseLine(event)];
      case 'phase.note':
        return [`${event.phase}: ${short(event.message)}`];
      case 'wave.started':
        return [`wave ${event.wave}/${waves}: ${counted(event.tasks, 'task')}`];
      case 'attempt.started': {
        const again = event.attempt > 1 ? `, attempt ${event.attempt}` : '';
        return [`start ${event.taskId} (${event.agentId}${again})`];
      }
      case 'attempt.ended':
        if (event.error) reasons.set(event.taskId, short(event.error.message));
        return [];
      case 'task.state':
        return stateLines(event, reasonOf(event.taskId));
      case 'task.settled': {
        const { taskId, status, durationMs, error, via } = event.outcome;
        reasons.delete(taskId);
        const done = `(${event.settled}/${event.total} done)`;
        const isSaid = (status === 'cancelled' || status === 'skipped') && error?.message === said;
        const isShown = error !== null && status !== 'succeeded' && !isSaid;
        const why = isShown ? `: ${short(withoutRootCause(error, (id) => failures.get(id)))}` : '';
        if (isShown && status === 'failed') failures.set(taskId, error.message);
        const how = status === 'succeeded' && via !== null ? (HOW[via] ?? '') : '';
        const time = status === 'skipped' || via === 'cache' ? '' : ` ${formatDuration(durationMs)}`;
        return [`${status === 'succeeded' ? 'done' : status} ${taskId}${time}${how} ${done}${why}`];
      }
      case 'run.stopping':
        if (event.reason === said) return ['stopping'];
        said = event.reason;
        return [`stopping: ${short(event.reason)}`];
      case 'warning':
        if (event.message === said) return [];
        said = event.message;
        return [`warning: ${short(event.message)}`];
      default:
        return [];
    }
  };
}

/**
 * Line for a failure, which stays visible above a live view. A task that was skipped or refused for another's failure has none: the
 * failure that caused it does.
 */
export function failureLine(event: RunEvent): string | null {
  if (event.type !== 'task.settled') return null;
  const { taskId, status, error } = event.outcome;
  if (status !== 'failed' || error?.kind === 'circuit_open' || error?.kind === 'dependency') return null;
  return `✗ ${escaped(taskId)}${error ? ` · ${error.kind}: ${short(error.message)}` : ''}`;
}

/** Line for a phase: its result, and its agent. */
export function phaseLine({ phase, summary, by, cached }: Extract<RunEvent, { type: 'phase.completed' }>): string {
  const who = by === undefined || by === 'offline' ? [] : [by];
  const how = cached ? [`${counted(cached, 'answer')} from the cache`] : [];
  const done = who.length + how.length === 0 ? '' : ` (${[...who, ...how].join(', ')})`;
  return summary === '' ? `${phase}${done}` : `${phase}${done}: ${short(summary)}`;
}

function stateLines(event: Extract<RunEvent, { type: 'task.state' }>, reason: string): string[] {
  const { taskId, state, until, at } = event;
  const left = until === undefined ? '' : formatDuration(until - at);
  switch (state) {
    case 'staggered':
      return isWorthALine(event) ? [`hold ${taskId}${left && ` for ${left}`}: it ${event.reason}`] : [];
    case 'retrying':
      if (until === undefined && event.reason !== undefined) return [`hold ${taskId}: it ${event.reason}`];
      return [`retry ${taskId} in ${left}${reason}`];
    case 'cooling':
      return [`cool ${taskId} for ${left}${reason}`];
    case 'circuitOpen':
      if (event.reason?.startsWith('waits')) return [`hold ${taskId}: it ${event.reason}`];
      return [`blocked ${taskId}: it ${event.reason}`];
    case 'fallback.waiting':
      return [`fallback ${taskId}${reason}`];
    case 'stalled':
      return [`stalled ${taskId}`];
    default:
      return [];
  }
}

/** A wait for a slot is a matter of course, and so is a short one. */
function isWorthALine({ waitingFor, until, at }: Extract<RunEvent, { type: 'task.state' }>): boolean {
  return waitingFor !== undefined && waitingFor !== 'slot' && (until === undefined || until - at >= SHORT_WAIT_MS);
}

function short(text: string): string {
  return clip(oneLine(text), REASON_COLUMNS);
}
