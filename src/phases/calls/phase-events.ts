import type { CallNotes } from '../../run/calls.ts';
import type { PhaseRecord } from '../../run/result.ts';
import type { StopReason } from '../../run/task-report.ts';
import type { PhaseAnswer, PhaseCall } from '../controls.ts';

/** Commands to the actor of a phase. */
export type PhaseCommand =
  /** Stop what is asked; it ends when that has ended, whatever its function does. */
  | ({ type: 'run.cancel' } & StopReason)
  /** Whatever waits to be asked is not asked any more. */
  | ({ type: 'task.skip' } & StopReason);

/** Notices of a phase's actor to its run. */
export type PhaseNotice =
  /** A first call is under way: from now on the actor must not be stopped. */
  | { type: 'phase.asking'; phase: PhaseRecord['phase'] }
  /** No call is under way any more. */
  | { type: 'phase.idle'; phase: PhaseRecord['phase'] }
  /** How it was done; sent before its end. */
  | { type: 'phase.reported'; phase: PhaseRecord['phase']; report: PhaseReport; notes: CallNotes };

export type PhaseReport = Omit<PhaseRecord, 'phase' | 'durationMs'>;

/** Events of a phase's function to its actor. */
export type InnerEvent =
  | { type: 'phase.call'; call: PhaseCall; resolve: (answer: PhaseAnswer) => void; reject: (error: Error) => void }
  | { type: 'phase.returned'; output: unknown }
  | { type: 'phase.threw'; error: unknown };
