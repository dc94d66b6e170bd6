import type { EngineInput } from '../../actors/engine.ts';
import type { Assessment, Decomposition, Retrieval, Routing, Synthesis } from '../../actors/phases/types.ts';
import type { Services } from '../../actors/services.ts';
import type { Publish } from '../../streams/events.ts';
import type { RunResult, TaskError } from '../../types.ts';
import type { CollectOutput, CollectSettings } from '../collect/events.ts';
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
  /** Default: an engine of its own, made from `engine`. */
  services?: Services;
  engine?: EngineInput;
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
