import type { ParkedTask } from '../../run/parked-task.ts';
import type { TaskNotes } from '../../run/task-report.ts';
import type { AttemptRecord, TaskOutcome } from '../../types/task.ts';
import { stateText } from '../replay/tracks.ts';
import type { RecordOf, TraceRecord, TraceState } from '../trace.schema.ts';
import { transitionKeys } from './chart-keys.ts';

type Untimed<R> = R extends TraceRecord ? Omit<R, 'seq' | 'at'> : never;

/** A record whose place among the others is not known yet. */
export interface JournalRecord {
  at: number;
  /** The same for the same fact, however often it is recorded and however much is known. */
  id: string;
  record: Untimed<TraceRecord>;
}

export type Tell = (at: number, id: string, record: Untimed<TraceRecord>) => void;

export interface StoryOf {
  runId: string;
  taskId: string;
  agentId: string;
  wave: number;
  /** Of a call: the phase that asks. */
  phase?: string;
  actor: string;
  parent: string;
  /** When its dependencies had settled, and when its wave could admit it, as far as that can be worked out. */
  readyAt: number | null;
  openAt: number | null;
}

type MoreOfMove = Partial<Pick<RecordOf<'actor.moved'>, 'until' | 'data' | 'status'>>;

const RUNNING: TraceState = { running: 'active' };
const FALLBACK_RUNNING: TraceState = { fallback: { running: 'active' } };
const REFUSED: TraceState = { circuitOpen: 'refused' };
const PARKED: Readonly<Record<ParkedTask['state'], TraceState>> = {
  staggered: 'staggered',
  retrying: 'retrying',
  cooling: 'cooling',
  circuitOpen: { circuitOpen: 'queued' },
  fallback: { fallback: 'waiting' },
};
/** Reason that a wait ends by itself. */
const WAKES: Readonly<Record<string, string>> = {
  retrying: 'xstate.done.actor.backoff',
  cooling: 'xstate.done.actor.cooling',
};

type Ended = Pick<TaskOutcome, 'settledAt' | 'status' | 'error'> & { attempts: readonly AttemptRecord[] };

/** The moves of one task, worked out from what a journal keeps of it. */
export class TaskRecords {
  readonly #of: StoryOf;
  readonly #add: Tell;
  #moves = 0;
  /** Null until it was admitted. */
  #state: TraceState | null = null;
  #until = 0;
  /** Ends of attempts, and refusals, already recorded. */
  #ends = 0;
  #refusals = 0;
  /** Waits for this machine already recorded. */
  #pauses = 0;
  #attempt = 0;

  constructor(of: StoryOf, tell: Tell) {
    this.#of = of;
    this.#add = tell;
  }

  started(n: number, agentId: string, at: number): void {
    this.#admit(at);
    this.#wake(at);
    const isFallback = this.#path().startsWith('fallback');
    this.#attempt = n;
    this.#move(at, isFallback ? FALLBACK_RUNNING : RUNNING, 'start.granted', { data: { attempt: n, agentId } });
  }

  parked({ state, attempts, notes, waits }: ParkedTask): void {
    const ended = attempts.slice(this.#ends).at(-1);
    this.#ends = attempts.length;
    const to = PARKED[state];
    const timed = state === 'fallback' || state === 'staggered' ? {} : { until: waits.until };
    const pauses = waits.machineTries || 0;
    const isPaused = pauses > this.#pauses;
    this.#pauses = pauses;
    if (ended && this.#isRunning()) {
      this.#move(ended.endedAt, to, 'attempt.ended', { ...timed, data: endData(ended) }, isPaused);
    } else {
      const refused = state === 'circuitOpen' ? to : REFUSED;
      this.#refused(notes, waits.since, refused, { until: waits.until });
      if (state !== 'circuitOpen' && this.#state !== null) this.#move(waits.since, to, '', timed);
    }
    this.#until = waits.until;
  }

  /** Its attempt was cut off, by a process that ended. */
  interrupted(at: number, attempts: readonly AttemptRecord[] | null): void {
    if (!this.#isRunning()) return;
    const own = attempts?.[this.#ends];
    this.#ends += 1;
    const isFallback = this.#path().startsWith('fallback');
    const data = own ? endData(own) : { attempt: this.#attempt, result: 'cancelled' };
    this.#move(own?.endedAt ?? at, isFallback ? PARKED.fallback : 'staggered', 'attempt.ended', { data });
  }

  settled({ attempts, settledAt, status, error }: Ended, notes: TaskNotes): void {
    const ended = attempts.slice(this.#ends).at(-1);
    if (ended && this.#isRunning()) {
      const hasFailed = ended.result !== 'succeeded';
      this.#move(ended.endedAt, 'done', 'attempt.ended', { data: endData(ended), status: 'done' }, hasFailed);
      return;
    }
    this.#refused(notes, settledAt, REFUSED);
    if (this.#state === null) return;
    const event =
      error?.kind === 'budget'
        ? 'start.refused'
        : status === 'skipped'
          ? 'task.skip'
          : status === 'cancelled'
            ? 'run.cancel'
            : '';
    this.#move(settledAt, 'done', event, {
      status: 'done',
      ...(error ? { data: { kind: error.kind, reason: error.message } } : {}),
    });
  }

  /** Records a wait that is over by an instant. */
  look(now: number): void {
    if (this.#until <= now && WAKES[this.#path()]) this.#wake(now);
  }

  /** Whether its state shows an attempt in flight. */
  #isRunning(): boolean {
    return this.#path().includes('running');
  }

  #path(): string {
    return this.#state === null ? '' : stateText(this.#state);
  }

  /** At the latest by an instant. */
  #admit(by: number): void {
    if (this.#state !== null) return;
    this.#state = 'staggered';
    const { actor, parent, runId, taskId, agentId, wave, phase, openAt, readyAt } = this.#of;
    const ready = Math.min(readyAt ?? openAt ?? by, by);
    const at = Math.min(Math.max(openAt ?? ready, ready), by);
    const own = { actor, id: taskId, parent, machine: 'task', runId, taskId, agentId, wave };
    const about = phase === undefined ? own : { ...own, phase };
    this.#add(at, actor, { type: 'actor.started', ...about, state: 'staggered', data: { readyAt: ready } });
  }

  /** From a wait back to its turn in the gate. */
  #wake(at: number): void {
    const wake = WAKES[this.#path()];
    if (wake) this.#move(Math.min(this.#until, at), 'staggered', wake);
    else if (this.#path().startsWith('circuitOpen')) this.#move(at, 'staggered', 'permit.available');
  }

  /** Whether the breaker refused since its last record. */
  #refused({ circuitBlocked }: TaskNotes, at: number, to: TraceState, more: MoreOfMove = {}): void {
    if (circuitBlocked.length <= this.#refusals) return;
    this.#refusals = circuitBlocked.length;
    this.#admit(at);
    this.#wake(at);
    const data = { cause: 'circuit_open', reason: circuitBlocked.at(-1) };
    this.#move(at, to, 'start.refused', { ...more, data });
  }

  /** `last`: by the last of several transitions that lead there. */
  #move(at: number, state: TraceState, event: string, more: MoreOfMove = {}, last = true): void {
    const keys = transitionKeys('task', { from: this.#path(), event, to: stateText(state), last });
    this.#state = state;
    this.#moves += 1;
    const { actor } = this.#of;
    this.#add(at, `${actor}#${this.#moves}`, { type: 'actor.moved', actor, state, event, keys, ...more });
  }
}

function endData({ n, result, error, usage }: AttemptRecord): Record<string, unknown> {
  return { attempt: n, result, ...(error ? { error } : {}), ...(usage ? { usage } : {}) };
}
