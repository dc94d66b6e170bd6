import type { EngineInput } from '../../actors/engine.ts';
import type { Services } from '../../actors/services.ts';
import type { ResolvedAgent } from '../../agents/resolve.ts';
import type { PhaseNotice, PhaseReport } from '../../phases/calls/phase-events.ts';
import type { Plan } from '../../plan/types.ts';
import type { CallNotes } from '../../run/calls.ts';
import type { Publish } from '../../run/events.ts';
import type { RunLog } from '../../run/log.ts';
import type { Assessment, Decomposition, Retrieval, Routing, Synthesis } from '../../run/phase-outputs.ts';
import type { PhaseRecord, RunResult } from '../../run/result.ts';
import type { ResumedQuery } from '../../run/resumed.ts';
import type { CollectSettings, RunBounds } from '../../run/settings.ts';
import type { StopReason } from '../../run/task-report.ts';
import type { TaskError } from '../../types/task.ts';
import type { CollectOutput } from '../collect/events.ts';
import type { GateNotice } from '../gate/events.ts';

export type SoarEvent = ({ type: 'run.cancel' } & StopReason) | PhaseNotice | GateNotice | Decision;

/** Decision of a person on a proposed plan. */
export type Decision =
  /**
   * Run it: as it was proposed, or as it was edited, with the agents that it brings along. An invalid plan is reported, and
   * changes nothing.
   */
  | { type: 'plan.approve'; plan?: Plan; agents?: ReadonlyMap<string, ResolvedAgent> }
  | { type: 'plan.refuse'; reason: string };

export interface SoarInput {
  query: string;
  runId?: string;
  settings?: Partial<CollectSettings>;
  /** Agent for subgoals that no agent's capabilities match; default: the first agent. */
  defaultAgent?: string;
  /** Files whose passages come first. */
  contextFiles?: readonly string[];
  /** Queries to decompose: all, or only complex ones. Default `always`. */
  decompose?: 'always' | 'unlessSimple';
  /** Ends as `planned`, with the plan, and runs nothing. Default: continues to an answer. */
  until?: 'route';
  /** Waits for a person's word before the plan is run. Default false. */
  approve?: boolean;
  publish?: Publish;
  /** Records what the run could be resumed from. Default: nothing does. */
  log?: RunLog | null;
  /** Passages found earlier by the run that this one resumes. */
  resumed?: ResumedQuery;
  /** Default: an engine of its own, made from `engine`. */
  services?: Services;
  engine?: EngineInput;
}

export interface SoarContext {
  input: SoarInput;
  runId: string;
  services: Services;
  publish: Publish;
  /** The same for what phases ask. */
  publishCalls: Publish;
  startedAt: number;
  /** Of the whole run, from its first phase to its last. */
  bounds: RunBounds;
  /** When the present phase began. */
  phaseAt: number;
  /** Report of the present phase. */
  report: PhaseReport | null;
  /** How the phases were done that are over. */
  phases: readonly PhaseRecord[];
  /** Agents they have asked. */
  called: readonly (CallNotes & Pick<PhaseRecord, 'phase'>)[];
  assessment: Assessment | null;
  retrieval: Retrieval | null;
  decomposition: Decomposition | null;
  routing: Routing | null;
  /** The plan as a person has edited it. */
  edited: Plan | null;
  collected: CollectOutput | null;
  synthesis: Synthesis | null;
  error: TaskError | null;
}

/** A run's result without its id, which its owner knows. */
export type SoarOutput = Omit<RunResult, 'runId'>;
