import type { Plan } from '../plan/types.ts';
import type { Assessment, Decomposition, Retrieval, Routing, Synthesis } from '../run/phase-outputs.ts';
import type { Complexity } from '../run/result.ts';
import type { Passage } from '../types/passage.ts';
import type { TaskOutcome } from '../types/task.ts';
import type { PhaseControls } from './controls.ts';

export interface AssessInput {
  query: string;
}

export interface RetrieveInput {
  query: string;
  complexity: Complexity;
  /** Files the user wants read first, relative to the directory searched or absolute. */
  contextFiles?: readonly string[];
  /** Identical work is wanted once: the same question then finds the same again, its own earlier answer excepted. */
  cache?: boolean;
}

export interface DecomposeInput {
  query: string;
  complexity: Complexity;
  passages: readonly Passage[];
  agents: readonly AgentInfo[];
  /** Ids of agents that no subgoal may name: they run their prompt as code. Default: none. */
  codeAgents?: readonly string[];
  /** Why the last decomposition was refused. */
  feedback?: string;
}

/** View of an agent for a phase. */
export interface AgentInfo {
  id: string;
  description: string;
  capabilities: readonly string[];
  /** `function`, `command`, `cli` or `model`. */
  kind: string;
}

export interface RouteInput {
  query: string;
  decomposition: Decomposition;
  agents: readonly AgentInfo[];
  passages: readonly Passage[];
  fallback: string | null;
  /** Used when nothing matches. */
  defaultAgent: string | null;
}

export interface SynthesizeInput {
  query: string;
  complexity: Complexity;
  plan: Plan;
  outcomes: readonly TaskOutcome[];
  passages: readonly Passage[];
}

/** Phase of a `soar` run; may be replaced by any function of the same shape. */
export type Phase<I, O> = (input: I, controls: PhaseControls) => O | Promise<O>;

/** A retrieve phase that needs no agent, and may be called by itself. */
export type Retriever = (
  input: RetrieveInput,
  controls: Pick<PhaseControls, 'signal'>,
) => Retrieval | Promise<Retrieval>;

export interface Phases {
  assess: Phase<AssessInput, Assessment>;
  retrieve: Phase<RetrieveInput, Retrieval>;
  decompose: Phase<DecomposeInput, Decomposition>;
  route: Phase<RouteInput, Routing>;
  synthesize: Phase<SynthesizeInput, Synthesis>;
}
