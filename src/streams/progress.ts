import type { RunStatus } from '../types.ts';
import type { PhaseName, RunEvent } from './events.ts';

/** Where a run stands. */
export interface RunProgress {
  /** Epoch milliseconds of the last change. */
  at: number;
  phase: PhaseName | null;
  total: number;
  settled: number;
  succeeded: number;
  failed: number;
  cancelled: number;
  skipped: number;
  /** Attempts in flight. */
  running: number;
  /** 1-based number of the last wave started, and how many there are. */
  wave: number;
  waves: number;
  /** Set when the run has ended. */
  status: RunStatus | null;
}

export function initialProgress(): RunProgress {
  return {
    at: 0,
    phase: null,
    total: 0,
    settled: 0,
    succeeded: 0,
    failed: 0,
    cancelled: 0,
    skipped: 0,
    running: 0,
    wave: 0,
    waves: 0,
    status: null,
  };
}

/** The progress after an event; the same object when the event changes none of it. */
export function reduceProgress(progress: RunProgress, event: RunEvent): RunProgress {
  const { at } = event;
  switch (event.type) {
    case 'phase.started':
      return { ...progress, at, phase: event.phase };
    case 'plan.compiled': {
      const total = event.waves.reduce((sum, wave) => sum + wave.length, 0);
      return { ...progress, at, total, waves: event.waves.length };
    }
    case 'wave.started':
      return { ...progress, at, wave: Math.max(progress.wave, event.wave) };
    case 'attempt.started':
      return { ...progress, at, running: progress.running + 1 };
    case 'attempt.ended':
      return { ...progress, at, running: progress.running - 1 };
    case 'task.settled': {
      const { status } = event.outcome;
      return { ...progress, at, settled: event.settled, total: event.total, [status]: progress[status] + 1 };
    }
    case 'run.settled':
      return { ...progress, at, running: 0, phase: null, status: event.result.status };
    default:
      return progress;
  }
}
