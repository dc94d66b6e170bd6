import { deepFreeze } from '../base/frozen.ts';
import type { PhaseName, RunEventBody } from '../run/events.ts';
import type { RunStatus } from '../run/result.ts';
import type { TaskOutcome } from '../types/task.ts';

/** Where one wave of a run stands. */
export interface WaveProgress {
  /** 1-based. */
  wave: number;
  total: number;
  settled: number;
}

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
  /** Every wave of the plan, in order; empty before there is a plan. A wave that has not changed stays the same object. */
  perWave: readonly WaveProgress[];
  /**
   * A guess at the time until the last task settles, milliseconds: mean duration of the tasks that ran and settled ×
   * tasks unsettled ÷ most attempts in flight so far. It takes the rest to be like the beginning, and knows nothing of
   * dependencies. Null until a task has run and settled, 0 when all have settled.
   */
  remainingMs: number | null;
  /** Set when the run has ended. */
  status: RunStatus | null;
}

/** Counts the events of a run in place: each event costs the same however many tasks and waves there are. */
export class ProgressTally {
  readonly #now: RunProgress = {
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
    perWave: [],
    remainingMs: null,
    status: null,
  };
  #perWave: WaveProgress[] = [];
  #areWavesStale = false;
  #peakRunning = 0;
  #ran = 0;
  #ranMs = 0;
  #copy: RunProgress | null = null;

  /** Epoch milliseconds of the last change. */
  get at(): number {
    return this.#now.at;
  }

  /** Counts an event. False when it changes nothing. */
  note(body: RunEventBody, at: number): boolean {
    const now = this.#now;
    switch (body.type) {
      case 'phase.started':
        now.phase = body.phase;
        break;
      case 'plan.compiled':
        this.#perWave = body.waves.map(({ length }, index) => ({ wave: index + 1, total: length, settled: 0 }));
        this.#areWavesStale = true;
        now.total = this.#perWave.reduce((sum, { total }) => sum + total, 0);
        now.waves = this.#perWave.length;
        break;
      case 'wave.started':
        now.wave = Math.max(now.wave, body.wave);
        break;
      case 'attempt.started':
        now.running += 1;
        // What a phase asks runs beside no task, and says nothing of how many will.
        if (body.phase === undefined) this.#peakRunning = Math.max(this.#peakRunning, now.running);
        break;
      case 'attempt.ended':
        now.running -= 1;
        break;
      case 'task.settled':
        now.settled = body.settled;
        now.total = body.total;
        this.#settle(body.outcome);
        break;
      case 'run.settled':
        now.running = 0;
        now.phase = null;
        now.status = body.result.status;
        break;
      default:
        return false;
    }
    // Outcomes from before a resume keep their times.
    now.at = Math.max(now.at, at);
    this.#copy = null;
    return true;
  }

  /** The present state, as an object that never changes; the same one until something does. */
  snapshot(): RunProgress {
    if (this.#copy) return this.#copy;
    if (this.#areWavesStale) {
      this.#now.perWave = this.#perWave.slice();
      this.#areWavesStale = false;
    }
    this.#copy = deepFreeze({ ...this.#now, remainingMs: this.#remainingMs() });
    return this.#copy;
  }

  #settle({ status, wave, attempts, durationMs }: TaskOutcome): void {
    this.#now[status] += 1;
    const before = this.#perWave[wave - 1];
    if (before) {
      this.#perWave[wave - 1] = { ...before, settled: before.settled + 1 };
      this.#areWavesStale = true;
    }
    // Skipped and ticked tasks took no time, which says nothing about the others.
    if (attempts.length === 0) return;
    this.#ran += 1;
    this.#ranMs += durationMs;
  }

  #remainingMs(): number | null {
    const { total, settled, status } = this.#now;
    if (status !== null || (total > 0 && settled >= total)) return 0;
    if (this.#ran === 0) return null;
    return Math.round(((this.#ranMs / this.#ran) * (total - settled)) / Math.max(1, this.#peakRunning));
  }
}
