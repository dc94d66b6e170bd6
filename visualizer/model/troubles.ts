import { type ActorTrack, isMachine, stateText } from '../../src/trace/replay/tracks.ts';
import type { RecordOf, TraceRecord } from '../../src/trace/trace.schema.ts';
import type { TaskKind } from './task-kind.ts';

/** A mishap of a run. */
export interface Mishap {
  readonly seq: number;
  readonly at: number;
  /** Absent when all runs of the engine have it in common: a breaker that opened. */
  readonly run?: string | undefined;
  readonly task: string | null;
  /** How it is marked; null: a warning. */
  readonly kind: TaskKind | null;
  /** The kind of error, in a word or two. */
  readonly what: string;
  /** The agent; empty when no agent is at fault. */
  readonly who: string;
  readonly message: string;
}

/** Similar mishaps, listed together. */
export interface Trouble {
  kind: TaskKind | null;
  readonly what: string;
  readonly who: string;
  /** Of the first. */
  readonly message: string;
  readonly seq: number;
  readonly at: number;
  /** How often it happened. */
  times: number;
  /** Attempts that ended so. */
  attempts: number;
  /** Tasks that came to nothing by it. */
  lost: number;
  /** Ids of the tasks it is about. */
  readonly tasks: Set<string>;
}

/** Mishap in a record; null for most. */
export function mishapOf(record: TraceRecord, actor: ActorTrack | undefined): Mishap | null {
  const { seq, at } = record;
  switch (record.type) {
    case 'actor.moved':
      return actor && isMachine(actor, 'task') ? failedAttempt(record, actor) : openedBreaker(record, actor);
    case 'task.settled':
    case 'call.settled': {
      const { runId: run, taskId: task, agentId, status, error } = record;
      if (!isLoss(status) || !error) return null;
      const last = record.type === 'task.settled' ? record.attempts.at(-1) : undefined;
      // What its last attempt ended with, be it the fallback's, is reported in the words of that attempt.
      const cause = last?.error?.kind === error.kind ? last : { agentId, error };
      const message = cause.error?.message ?? '';
      return { seq, at, run, task, kind: status, what: error.kind, who: cause.agentId, message };
    }
    case 'phase.note':
      return {
        seq,
        at,
        run: record.runId,
        task: null,
        kind: null,
        what: record.phase,
        who: '',
        message: record.message,
      };
    case 'warning': {
      const { runId: run, taskId: task = null, message } = record;
      return { seq, at, run, task, kind: null, what: 'warning', who: '', message };
    }
    default:
      return null;
  }
}

const isLoss = (kind: string | null): boolean => kind === 'failed' || kind === 'cancelled' || kind === 'skipped';

function failedAttempt({ seq, at, event, data }: RecordOf<'actor.moved'>, actor: ActorTrack): Mishap | null {
  const error = data?.error as { kind: string; message: string } | undefined;
  if (event !== 'attempt.ended' || !error || data?.result === 'cancelled') return null;
  const granted = actor.moves.findLast((move) => move.event === 'start.granted');
  const who = String(granted?.data?.agentId ?? actor.agentId ?? '');
  const kind = data?.result === 'rate_limited' ? 'cooling' : 'retrying';
  return { seq, at, run: actor.runId, task: actor.taskId ?? null, kind, what: error.kind, who, message: error.message };
}

function openedBreaker({ seq, at, state, data }: RecordOf<'actor.moved'>, actor?: ActorTrack): Mishap | null {
  if (!actor || !isMachine(actor, 'breaker') || stateText(state) !== 'open') return null;
  const failures = typeof data?.failures === 'number' ? ` after ${data.failures} failures` : '';
  const message = `The breaker opened${failures}: this agent is not used for a while.`;
  return { seq, at, task: null, kind: 'circuitOpen', what: 'breaker', who: actor.agentId ?? actor.name, message };
}

// What was cancelled or skipped is not a fault of the agent it was meant for.
const isFaultOf = ({ kind }: Mishap): boolean => kind !== 'cancelled' && kind !== 'skipped';

const likenesses = new WeakMap<Mishap, string>();

/** The same for mishaps that are alike: their messages may differ in numbers. */
function likenessOf(mishap: Mishap): string {
  let likeness = likenesses.get(mishap);
  if (likeness === undefined) {
    const { kind, what, who, message } = mishap;
    likeness = `${isFaultOf(mishap) ? who : kind}/${what}/${message.replace(/\d+(?:\.\d+)?/g, '#')}`;
    likenesses.set(mishap, likeness);
  }
  return likeness;
}

/** The troubles of a run up to a record, in the order in which they began. */
export function troublesOf(mishaps: readonly Mishap[], run: string, seq: number): Trouble[] {
  const troubles = new Map<string, Trouble>();
  for (const mishap of mishaps) {
    if (mishap.seq > seq) break;
    if (mishap.run !== undefined && mishap.run !== run) continue;
    const { kind, what, who, message, task, at } = mishap;
    const isFault = isFaultOf(mishap);
    const id = likenessOf(mishap);
    let trouble = troubles.get(id);
    if (!trouble) {
      const about = { kind, what, who: isFault ? who : '', message, seq: mishap.seq, at };
      trouble = { ...about, times: 0, attempts: 0, lost: 0, tasks: new Set() };
      troubles.set(id, trouble);
    }
    trouble.times += 1;
    if (isLoss(kind)) {
      trouble.kind = kind;
      trouble.lost += 1;
    } else if (kind === 'retrying' || kind === 'cooling') trouble.attempts += 1;
    if (task !== null) trouble.tasks.add(task);
  }
  return [...troubles.values()];
}

const HINTS: Readonly<Record<string, string>> = {
  auth: 'Look at the key or the login of this agent; `soar doctor` asks each for one word.',
  forbidden: 'Its account may not do this; `soar doctor` asks each agent for one word.',
  rate_limited: 'The provider wants fewer requests: a wider gap (`staggerMs`), fewer at once, or a later time.',
  circuit_open: 'The agent had failed too often just before. A fallback takes over where one is named.',
  spawn: 'The program could not be started; `soar doctor` lists what is installed.',
  start_timeout: 'No output arrived in time; `startTimeoutMs` sets the limit.',
  idle_timeout: 'It fell silent; `idleTimeoutMs` is how long it may.',
  timeout: 'If it only needs longer: `timeoutMs` of the task, or the clocks of the policy.',
  budget: 'What had not started was left out. With a larger budget it runs.',
};

/** Advice; null where that depends. */
export const hintFor = ({ what }: Pick<Trouble, 'what'>): string | null => HINTS[what] ?? null;
