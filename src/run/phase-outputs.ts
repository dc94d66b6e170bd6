import type { Plan } from '../plan/types.ts';
import type { Passage } from '../types/passage.ts';
import type { AgentMatch, Complexity, Source } from './result.ts';

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

export interface Retrieval {
  /** Context files first, then best first. */
  passages: Passage[];
  /** Most passages asked for. */
  budget: number;
  /** Files read. */
  searched: number;
  /** Notes for the user about the search: bounds that were hit, files that could not be read. */
  notes: string[];
}

/** How well an agent fits a subgoal; `insufficient`: none does. */
export type MatchQuality = AgentMatch['quality'];

/** Part of the question that one agent can answer. */
export interface Subgoal {
  /** Unique in its decomposition; becomes the task's id. */
  id: string;
  /** A short name for people. */
  title: string;
  prompt: string;
  /** Ids of subgoals whose answers it needs. */
  dependsOn: string[];
  critical?: boolean;
  /** Skills wanted of the agent; matched against the agents' capabilities. */
  capabilities?: string[];
  /** Id of the agent it was meant for when it was made, and how well that one fits. */
  agent?: string;
  match?: MatchQuality;
  /** The agent it would take, where none there is fits. */
  idealAgent?: { name: string; description: string };
  /** Texts for the agent to read. */
  passages?: Passage[];
}

export interface Decomposition {
  goal: string;
  subgoals: Subgoal[];
  notes: string[];
}

export interface Routing {
  plan: Plan;
  matches: AgentMatch[];
}

export interface Synthesis {
  answer: string;
  /** 0..1, two decimals, where a model wrote the answer and another call judged it. */
  confidence?: number;
  sources: Source[];
}
