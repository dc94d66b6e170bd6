import type { Plan } from '../../plan/types.ts';
import type { AgentMatch, Complexity, Passage, Source, TaskOutcome } from '../../types.ts';
import type { PhaseControls } from './controls.ts';

/** How much work a query asks for. */
export interface Assessment {
  complexity: Complexity;
  /** Unbounded sum of the signals times the multiplier; 100 when a critical override applied. */
  score: number;
  /** How sure the assessment is of itself, 0..1. */
  confidence: number;
  /** The signals that counted, strongest first. */
  reasons: string[];
}

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

export interface Retrieval {
  /** Context files first, then best first. */
  passages: Passage[];
  /** Most passages asked for. */
  budget: number;
  /** Files read. */
  searched: number;
  /** What a user should know about the search: bounds that were hit, files that could not be read. */
  notes: string[];
}

/** How well an agent fits a subgoal; `insufficient`: none does. */
export type MatchQuality = AgentMatch['quality'];

/** One part of the question, answerable by one agent. */
export interface Subgoal {
  /** Unique in its decomposition; becomes the task's id. */
  id: string;
  /** A short name for people. */
  title: string;
  prompt: string;
  /** Ids of subgoals whose answers it needs. */
  dependsOn: string[];
  critical?: boolean;
  /** What the agent should be good at; matched against the agents' capabilities. */
  capabilities?: string[];
  /** Id of the agent it was meant for when it was made, and how well that one fits. */
  agent?: string;
  match?: MatchQuality;
  /** The agent it would take, where none there is fits. */
  idealAgent?: { name: string; description: string };
  /** What the agent should read. */
  passages?: Passage[];
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

export interface Decomposition {
  goal: string;
  subgoals: Subgoal[];
  notes: string[];
}

/** What a phase may know of an agent. */
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

export interface Routing {
  plan: Plan;
  matches: AgentMatch[];
}

export interface SynthesizeInput {
  query: string;
  complexity: Complexity;
  plan: Plan;
  outcomes: readonly TaskOutcome[];
  passages: readonly Passage[];
}

export interface Synthesis {
  answer: string;
  /** 0..1, two decimals. */
  confidence: number;
  sources: Source[];
}

/** One phase of a `soar` run; may be replaced by any function of the same shape. */
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
