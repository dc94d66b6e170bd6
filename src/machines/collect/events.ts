import type { EngineInput } from '../../actors/engine.ts';
import type { Services } from '../../actors/services.ts';
import type { CompiledPlan, Plan } from '../../plan/types.ts';
import type { Publish } from '../../run/events.ts';
import type { RunLog } from '../../run/log.ts';
import type { RunMetadata, RunStatus } from '../../run/result.ts';
import type { ResumedPlan } from '../../run/resumed.ts';
import type { CollectSettings, RunBounds } from '../../run/settings.ts';
import type { StopReason } from '../../run/task-report.ts';
import type { Passage } from '../../types/passage.ts';
import type { TaskError, TaskOutcome } from '../../types/task.ts';
import type { RosterReport } from '../../xstate/roster.ts';
import type { TimeGranted } from '../../xstate/sleep-until.ts';
import type { GateNotice } from '../gate/events.ts';
import type { WaveOutput, WaveReport } from '../wave/events.ts';

export interface CollectInput extends ResumedPlan {
  /** A plan as written, or one that is compiled already. */
  plan: Plan | CompiledPlan;
  runId?: string;
  settings?: Partial<CollectSettings>;
  query?: string;
  passages?: readonly Passage[];
  /** The run that this is a part of, whose clocks and account at the gate it shares. Default: it is a run of its own. */
  within?: RunBounds;
  /** Records what the run could be resumed from. Default: nothing does. */
  log?: RunLog | null;
  publish?: Publish;
  /** Default: an engine of its own, made from `engine`. */
  services?: Services;
  engine?: EngineInput;
}

export type CollectEvent =
  | ({ type: 'run.cancel' } & StopReason)
  | WaveReport
  | GateNotice
  | TimeGranted
  | RosterReport
  | { type: 'xstate.error.actor.waves'; error: unknown };

export interface CollectOutput {
  status: RunStatus;
  /** In plan order. */
  outcomes: TaskOutcome[];
  metadata: RunMetadata;
  /** Why it was stopped or broke; null otherwise. */
  error: TaskError | null;
}

export type { WaveOutput };
