import type { EngineInput } from '../../actors/engine.ts';
import type { Assessment, Decomposition, Retrieval, Routing, Synthesis } from '../../actors/phases/types.ts';
import type { Services } from '../../actors/services.ts';
import type { RunLog } from '../../journal/journal.ts';
import type { Publish } from '../../streams/events.ts';
import type { RunResult, TaskError } from '../../types.ts';
import type { CollectInput, CollectOutput, CollectSettings } from '../collect/events.ts';
import type { StopReason } from '../task/events.ts';

export type SoarEvent = { type: 'run.cancel' } & StopReason;

export interface SoarInput {
  query: string;
  runId?: string;
  settings?: Partial<CollectSettings>;
  /** Agent for subgoals that no agent's capabilities match; default: the first agent. */
  defaultAgent?: string;
  /** Files whose passages come first. */
  contextFiles?: readonly string[];
  publish?: Publish;
  /** Records what the run could be resumed from. Default: nothing does. */
  log?: RunLog | null;
  /** What was found before, by the run that this one resumes. */
  resumed?: ResumedQuery;
  /** Default: an engine of its own, made from `engine`. */
  services?: Services;
  engine?: EngineInput;
}

/** A run of a query that goes on: its completed phases are not repeated. */
export interface ResumedQuery {
  /** When it first began, epoch milliseconds. */
  startedAt: number;
  assessment: Assessment | null;
  retrieval: Retrieval | null;
  decomposition: Decomposition | null;
  routing: Routing | null;
  collect: Pick<CollectInput, 'settled' | 'resumed'>;
}

export interface SoarContext {
  input: SoarInput;
  runId: string;
  services: Services;
  publish: Publish;
  startedAt: number;
  assessment: Assessment | null;
  retrieval: Retrieval | null;
  decomposition: Decomposition | null;
  routing: Routing | null;
  collected: CollectOutput | null;
  synthesis: Synthesis | null;
  error: TaskError | null;
}

/** A run's result without its id, which its owner knows. */
export type SoarOutput = Omit<RunResult, 'runId'>;
