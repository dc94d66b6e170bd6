import { batch, computed, effect, signal } from '@preact/signals';
import {
  type ActorTrack,
  criticalTasks,
  lastAt,
  moveAt,
  type RunTrack,
  stateText,
  type TaskTrack,
} from '../src/trace/replay/tracks.ts';
import type { TraceRecord } from '../src/trace/trace.schema.ts';
import { AtInstant } from './model/at-instant.ts';
import { type Kinds, KindsAt, NO_KINDS } from './model/kinds-at.ts';
import { overviewOf } from './model/segments.ts';
import { TraceStore } from './model/store.ts';
import { kindAt, type TaskKind } from './model/task-kind.ts';
import { type Trouble, troublesOf } from './model/troubles.ts';
import { usageOfTask, usageSum } from './model/usage.ts';

export const store = signal(new TraceStore());
/** Rises with every batch of records; what reads the store reads it, too. */
export const version = signal(0);
export const sourceName = signal('');
/** How the page gets its records. */
export const connection = signal<'file' | 'following' | 'lost'>('file');
export const loadFault = signal<string | null>(null);

/** The instant looked at, epoch milliseconds, and the last record that counts. */
export const now = signal(0);
export const seq = signal(-1);
/** Keeps to the newest record. */
export const isFollowing = signal(true);
export const isPlaying = signal(false);
export const speed = signal(1);
export const SPEEDS = [0.25, 0.5, 1, 2, 5, 10, 25, 50, 100] as const;

export const runId = signal<string | null>(null);
export interface Selection {
  task: string | null;
  actor: string | null;
}
export const selection = signal<Selection>({ task: null, actor: null });
export const maximised = signal<string | null>(null);
export const isHelpOpen = signal(false);

export type Theme = 'auto' | 'light' | 'dark';
export const theme = signal<Theme>('auto');
export const systemIsDark = signal(false);
export const isDark = computed(() => (theme.value === 'auto' ? systemIsDark.value : theme.value === 'dark'));

/** The trace, watched: a view that calls it is drawn again when records come in. */
export function trace(): TraceStore {
  version.value;
  return store.value;
}

export const run = computed<RunTrack | null>(() => {
  const { runs } = trace();
  return runs.find(({ id }) => id === runId.value) ?? runs[0] ?? null;
});

const kindsOf = new WeakMap<RunTrack, KindsAt>();

/** The kinds of the tasks of any run's plan at the instant looked at. */
export function kindsIn(one: RunTrack): Kinds {
  let known = kindsOf.get(one);
  if (!known) {
    known = new KindsAt(trace(), one);
    kindsOf.set(one, known);
  }
  version.value;
  return known.at(seq.value);
}

export const kinds = computed<Kinds>(() => (run.value ? kindsIn(run.value) : NO_KINDS));

/** State of a task or a call at the present instant. */
export function kindNow(task: TaskTrack): TaskKind {
  return kinds.value.list[task.index] ?? kindAt(task, seq.value);
}

export const path = computed(() => {
  version.value;
  return new Set(run.value ? criticalTasks(run.value) : []);
});

const usages = computed(() => run.value && new AtInstant(store.value, run.value, usageOfTask));

/** Usage of the run up to the present instant; null when none was reported. */
export const usage = computed(() => {
  version.value;
  const upTo = seq.value;
  const calls = [...(run.value?.calls.values() ?? [])].map((call) => usageOfTask(call, upTo));
  usages.value?.moveTo(upTo);
  return usageSum([...(usages.value?.values ?? []), ...calls]);
});

/** The last thing that went wrong up to the instant looked at, by its place among them. */
const lastMishap = computed(() => lastAt(trace().mishaps, seq.value));

/** Mishaps of the run up to the present instant. */
export const troubles = computed<Trouble[]>(() => {
  const { mishaps } = store.value;
  const last = mishaps[lastMishap.value];
  return run.value && last ? troublesOf(mishaps, run.value.id, last.seq) : [];
});

/** The clock of a run under way, where it is this machine's; else the last record's. */
export const clock = signal(0);
/** Where time ends: with the last record, or now. */
export const horizon = computed(() => Math.max(trace().endedAt, clock.value));

const OVERVIEW_STEPS = 400;
export const overview = computed(() => {
  const { startedAt } = trace();
  return run.value ? overviewOf(run.value, startedAt, horizon.value, OVERVIEW_STEPS) : null;
});

export const isLive = computed(() => connection.value === 'following' && !trace().isEnded);

export const selectedTask = computed<TaskTrack | null>(() => {
  version.value;
  const { task } = selection.value;
  return (task !== null && (run.value?.byId.get(task) ?? run.value?.calls.get(task))) || null;
});

export const selectedActor = computed<ActorTrack | null>(() => {
  const { actors } = trace();
  const { actor } = selection.value;
  return selectedTask.value?.actor ?? (actor === null ? null : (actors.get(actor) ?? null));
});

/** The actor a run is: `soar`, or `collect` alone. */
export const runActor = computed<ActorTrack | null>(() => {
  const id = run.value?.id;
  for (const actor of trace().actors.values())
    if (actor.machine !== null && actor.runId === id && id !== undefined) return actor;
  return null;
});

/** Nothing has been written for so long that a run under way may have died without a word. */
export const isSilent = signal(false);

/** How the run is at the instant looked at, in a word or two. */
export const runStatus = computed<string>(() => {
  const { isEnded, lastSeq } = trace();
  const shown = run.value;
  if (!shown) return 'empty';
  if (shown.settled && shown.settled.seq <= seq.value) return shown.settled.status;
  const isAtEnd = seq.value === lastSeq;
  if (isAtEnd && isEnded) return 'interrupted';
  // A page of its own gets no more records than it has.
  if (isAtEnd && connection.value === 'file') return 'cut off';
  if (isAtEnd && isSilent.value) return 'silent';
  const state = runActor.value && stateText(moveAt(runActor.value, seq.value)?.state ?? null);
  return state === 'approve' ? 'waits for approval' : 'running';
});

export function selectTask(id: string | null): void {
  selection.value = { task: id, actor: null };
}

/** A task's own actor selects the task. */
export function selectActor(actor: ActorTrack): void {
  batch(() => {
    if (actor.runId !== undefined && trace().run(actor.runId)) runId.value = actor.runId;
    selection.value =
      actor.taskId !== undefined ? { task: actor.taskId, actor: null } : { task: null, actor: actor.id };
  });
}

export function seek(at: number): void {
  const { startedAt } = store.value;
  batch(() => {
    now.value = Math.min(Math.max(at, startedAt), horizon.value);
    seq.value = store.value.seqAt(now.value);
    isFollowing.value = false;
  });
}

export function seekRecord(index: number): void {
  const record = store.value.log[index];
  if (!record) return;
  batch(() => {
    now.value = record.at;
    seq.value = record.seq;
    isFollowing.value = false;
    isPlaying.value = false;
  });
}

export function goToEnd(): void {
  batch(() => {
    now.value = horizon.value;
    seq.value = store.value.lastSeq;
    isFollowing.value = true;
    isPlaying.value = false;
  });
}

const SHOWN: ReadonlySet<string> = new Set(['actor.moved', 'task.settled', 'run.settled']);

/** To the next or the last record that changes what is seen. */
export function step(direction: 1 | -1): void {
  const { log } = store.value;
  const isShown = (record: TraceRecord | undefined) => record !== undefined && SHOWN.has(record.type);
  const here = seq.value;
  if (direction > 0) {
    let next = lastAt(log, here) + 1;
    while (next < log.length && !isShown(log[next])) next += 1;
    if (next < log.length) seekRecord(next);
  } else {
    let last = lastAt(log, here - 1);
    while (last > 0 && !isShown(log[last])) last -= 1;
    seekRecord(Math.max(0, last));
  }
}

export function togglePlay(): void {
  if (isPlaying.value) {
    isPlaying.value = false;
    return;
  }
  batch(() => {
    if (now.value >= horizon.value) seek(store.value.startedAt);
    isFollowing.value = false;
    isPlaying.value = true;
  });
}

/** When records last came in as they were written; a clock of their own is not a sign of silence. */
let heardAt = 0;

/** @param isNews They were written while this page looked on. */
export function added(isNews = false): void {
  batch(() => {
    if (isNews) {
      heardAt = Date.now();
      isSilent.value = false;
    }
    version.value += 1;
    if (isFollowing.value) goToEnd();
  });
}

/** A speed at which a replay takes a minute at most. */
export function fittingSpeed(durationMs: number): number {
  return SPEEDS.find((one) => one >= 1 && durationMs / one <= 60_000) ?? 100;
}

effect(() => {
  if (!isPlaying.value || typeof requestAnimationFrame === 'undefined') return;
  let before = performance.now();
  let frame = requestAnimationFrame(function advance(time) {
    const next = now.peek() + (time - before) * speed.peek();
    before = time;
    if (next >= horizon.peek()) return goToEnd();
    batch(() => {
      now.value = next;
      seq.value = store.peek().seqAt(next);
    });
    frame = requestAnimationFrame(advance);
  });
  return () => cancelAnimationFrame(frame);
});

const LONGEST_SILENCE_MS = 600_000;
const TICK_MS = 200;

/** Lets time continue between the records of a run under way. Does nothing for runs of another time. */
export function tick(): void {
  const { endedAt } = store.peek();
  const wall = Date.now();
  const isOurs = isLive.peek() && wall >= endedAt && wall - endedAt < LONGEST_SILENCE_MS;
  isSilent.value = isLive.peek() && wall - Math.max(endedAt, heardAt) >= LONGEST_SILENCE_MS;
  const next = isOurs ? wall : endedAt;
  if (next === clock.peek()) return;
  batch(() => {
    clock.value = next;
    if (isFollowing.peek()) now.value = next;
  });
}

export function startTicking(): void {
  setInterval(tick, TICK_MS);
}
