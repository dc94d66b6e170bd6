import type { PhaseName, RunEvent } from '../run/events.ts';
import { oneLine } from '../text/foreign-text.ts';
import type { TaskStatus } from '../types/task.ts';

/** A task that has been admitted and has not settled. */
export interface TaskView {
  taskId: string;
  agentId: string;
  /** As the task's chart has it: `staggered`, `running`, `retrying`, `fallback.running`, … */
  state: string;
  /** When it entered the state, epoch milliseconds. */
  since: number;
  /** When the state ends by itself. */
  until: number | null;
  /** The last thing it said, on one line. */
  said: string;
}

/** View of a run for a person who watches it. */
export interface ProgressView {
  startedAt: number;
  phase: PhaseName | null;
  wave: number;
  waves: number;
  settled: number;
  total: number;
  counts: Record<TaskStatus, number>;
  /** Why the run stops early. */
  stopping: string | null;
  /** In the order they were admitted. */
  active: Map<string, TaskView>;
}

/** Longest tail of output that is looked at for its last line, characters. */
const TAIL_CHARS = 400;

export function initialView(now: number): ProgressView {
  return {
    startedAt: now,
    phase: null,
    wave: 0,
    waves: 0,
    settled: 0,
    total: 0,
    counts: { succeeded: 0, failed: 0, cancelled: 0, skipped: 0 },
    stopping: null,
    active: new Map(),
  };
}

/** Enters an event into the view, in place: a flood of output must not copy it. */
export function watchEvent(view: ProgressView, event: RunEvent): void {
  switch (event.type) {
    case 'run.started':
      view.startedAt = event.at;
      return;
    case 'phase.started':
      view.phase = event.phase;
      return;
    case 'plan.compiled':
      view.waves = event.waves.length;
      view.total = event.waves.reduce((sum, wave) => sum + wave.length, 0);
      return;
    case 'wave.started':
      view.wave = Math.max(view.wave, event.wave);
      return;
    case 'task.state': {
      const { taskId, agentId, state, at, until, reason = '' } = event;
      const said = view.active.get(taskId)?.said || reason;
      view.active.set(taskId, { taskId, agentId, state, since: at, until: until ?? null, said });
      return;
    }
    case 'attempt.started':
      update(view, event.taskId, { agentId: event.agentId, said: '' });
      return;
    case 'attempt.ended':
      if (event.error) update(view, event.taskId, { said: oneLine(event.error.message.slice(0, TAIL_CHARS)) });
      return;
    case 'attempt.output': {
      const said = lastLine(event.text);
      if (said !== '') update(view, event.taskId, { said });
      return;
    }
    case 'attempt.progress':
      update(view, event.taskId, { said: progressText(event) });
      return;
    case 'call.settled':
      view.active.delete(event.taskId);
      return;
    case 'task.settled':
      view.active.delete(event.outcome.taskId);
      view.settled = event.settled;
      view.total = event.total;
      view.counts[event.outcome.status] += 1;
      return;
    case 'run.stopping':
      view.stopping = event.reason;
      return;
    default:
      return;
  }
}

function update(view: ProgressView, taskId: string, changes: Partial<TaskView>): void {
  const task = view.active.get(taskId);
  if (!task) return;
  Object.assign(task, changes);
  // Nothing announces that a stalled attempt continues; what it says does.
  if (task.state === 'stalled') task.state = 'running';
}

function lastLine(text: string): string {
  const lines = text.slice(-TAIL_CHARS).trimEnd().split('\n');
  return oneLine(lines.at(-1) ?? '');
}

function progressText({ done, total, message }: { done?: number; total?: number; message?: string }): string {
  const share = done === undefined ? '' : total === undefined ? `${done}` : `${done}/${total}`;
  return oneLine([share, message ?? ''].filter((part) => part !== '').join(' '));
}
