import { stateText } from '../../src/trace/replay/tracks.ts';
import type { TraceRecord } from '../../src/trace/trace.schema.ts';
import { eventName } from './chart-graph.ts';
import { spanText } from './spans.ts';
import type { TraceStore } from './store.ts';

/** Groups a reader of the log can leave out. */
export const LOG_GROUPS = [
  { id: 'run', name: 'Run' },
  { id: 'task', name: 'Outcomes' },
  { id: 'move', name: 'Moves' },
  { id: 'event', name: 'Events' },
  { id: 'life', name: 'Actors' },
  { id: 'activity', name: 'Activity' },
  { id: 'warning', name: 'Warnings' },
] as const;
export type LogGroup = (typeof LOG_GROUPS)[number]['id'];

const GROUP_OF: Readonly<Record<TraceRecord['type'], LogGroup>> = {
  'trace.started': 'run',
  'machine.defined': 'life',
  'actor.started': 'life',
  'actor.moved': 'move',
  'actor.event': 'event',
  'actor.ended': 'life',
  'run.started': 'run',
  'plan.compiled': 'run',
  'phase.started': 'run',
  'phase.completed': 'run',
  'phase.note': 'warning',
  'call.settled': 'task',
  'task.held': 'move',
  'task.settled': 'task',
  'run.stopping': 'run',
  'run.settled': 'run',
  activity: 'activity',
  warning: 'warning',
  text: 'life',
  'trace.ended': 'run',
};

export const groupOf = (record: TraceRecord): LogGroup => GROUP_OF[record.type] ?? 'event';

export interface LogText {
  who: string;
  what: string;
  /** Cause of it. */
  by: string;
  tone: 'plain' | 'good' | 'bad' | 'warn' | 'quiet';
}

const RUN_TONES: Readonly<Record<string, LogText['tone']>> = { succeeded: 'good', partial: 'warn', cancelled: 'quiet' };

/** A record in words. */
export function logText(store: TraceStore, record: TraceRecord): LogText {
  const nameOf = (id: string) => store.actors.get(id)?.name ?? id;
  const plain = { by: '', tone: 'plain' as const };
  switch (record.type) {
    case 'actor.moved': {
      const state = stateText(record.state);
      const bad = state.startsWith('circuitOpen') || state === 'open';
      const warn = state === 'retrying' || state === 'cooling' || state.startsWith('fallback') || state === 'halfOpen';
      const tone = bad ? 'bad' : warn ? 'warn' : 'plain';
      return { who: nameOf(record.actor), what: `→ ${state}`, by: eventName(record.event), tone };
    }
    case 'actor.event':
      return {
        who: nameOf(record.actor),
        what: record.event,
        by: record.from ? nameOf(record.from) : '',
        tone: 'quiet',
      };
    case 'actor.started':
      return { who: record.id, what: 'started', by: record.machine ?? record.src ?? '', tone: 'quiet' };
    case 'actor.ended':
      return {
        who: nameOf(record.actor),
        what: record.error ? `${record.status}: ${record.error}` : record.status,
        by: '',
        tone: record.status === 'error' ? 'bad' : 'quiet',
      };
    case 'task.held':
      return { ...plain, who: record.taskId, what: record.reason };
    case 'task.settled': {
      const tone = record.status === 'succeeded' ? 'good' : record.status === 'failed' ? 'bad' : 'quiet';
      const how = record.via === 'fallback' ? ' by the fallback' : record.via === 'cache' ? ' from the cache' : '';
      const why = record.error ? `: ${record.error.message}` : '';
      return {
        who: record.taskId,
        what: `${record.status}${how}${why}`,
        by: `${record.settled} of ${record.total}`,
        tone,
      };
    }
    case 'run.started':
      return { ...plain, who: record.runId, what: `run started${record.title ? `: ${record.title}` : ''}` };
    case 'plan.compiled':
      return {
        ...plain,
        who: record.runId,
        what: `plan compiled: ${record.tasks.length} tasks in ${record.waves.length} waves`,
        by: `at most ${spanText(record.timeoutMs)}`,
      };
    case 'phase.started':
      return { ...plain, who: record.runId, what: `phase ${record.phase} started` };
    case 'phase.completed':
      return {
        ...plain,
        who: record.runId,
        what: `phase ${record.phase} completed: ${record.summary}`,
        by: [record.by ?? '', ...(record.cached ? [`${record.cached} from the cache`] : [])].filter(Boolean).join(', '),
      };
    case 'phase.note':
      return { who: record.runId, what: `phase ${record.phase}: ${record.message}`, by: '', tone: 'warn' };
    case 'call.settled': {
      const tone = record.status === 'succeeded' ? 'good' : record.status === 'failed' ? 'bad' : 'quiet';
      const why = record.error ? `: ${record.error.message}` : '';
      const how = record.via === 'cache' ? ' from the cache' : '';
      return { who: record.taskId, what: `${record.status}${how}${why}`, by: `phase ${record.phase}`, tone };
    }
    case 'run.stopping':
      return { who: record.runId, what: `stopping: ${record.reason}`, by: record.kind, tone: 'warn' };
    case 'run.settled': {
      const tone = RUN_TONES[record.status] ?? 'bad';
      return { who: record.runId, what: `run ${record.status}`, by: spanText(record.durationMs), tone };
    }
    case 'activity': {
      const done = record.done === undefined ? '' : ` ${record.done}${record.total ? ` of ${record.total}` : ''}`;
      const message = record.message ? ` ${record.message}` : '';
      return { who: record.taskId, what: `${record.kind}${done}${message}`, by: '', tone: 'quiet' };
    }
    case 'warning':
      return { who: record.taskId ?? record.runId ?? 'trace', what: record.message, by: '', tone: 'warn' };
    case 'trace.started':
      return { ...plain, who: 'trace', what: `recording started (${record.mode})` };
    case 'trace.ended':
      return { ...plain, who: 'trace', what: `recording ended${record.faults ? `, ${record.faults} faults` : ''}` };
    default:
      return { ...plain, who: 'trace', what: record.type };
  }
}

export interface LogWishes {
  hidden: ReadonlySet<LogGroup>;
  /** Words that all have to occur, in any case. */
  words: string;
  /** Actor or task it has to be about. */
  actor: string | null;
  task: string | null;
}

/** Places in the log of the records a reader wants to see. */
export function filterLog(store: TraceStore, { hidden, words, actor, task }: LogWishes): number[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const rows: number[] = [];
  for (const [index, record] of store.log.entries()) {
    if (hidden.has(groupOf(record))) continue;
    if (actor !== null || task !== null) {
      const isIts =
        (actor !== null && 'actor' in record && record.actor === actor) ||
        (task !== null && 'taskId' in record && record.taskId === task);
      if (!isIts) continue;
    }
    if (wanted.length > 0) {
      const { who, what, by } = logText(store, record);
      const text = `${who} ${what} ${by}`.toLowerCase();
      if (!wanted.every((word) => text.includes(word))) continue;
    }
    rows.push(index);
  }
  return rows;
}
