import type { Plan } from '../plan/types.ts';
import type { ErrorKind } from '../types/error-kind.ts';
import type { TaskError, TaskOutcome } from '../types/task.ts';
import type { Usage, UsageTotals } from '../types/usage.ts';

export type RunStatus = 'succeeded' | 'partial' | 'failed' | 'cancelled';

export type Complexity = 'simple' | 'medium' | 'complex' | 'critical';

/** Which agent a task was given to, and how well it fits. */
export interface AgentMatch {
  taskId: string;
  agentId: string;
  quality: 'excellent' | 'acceptable' | 'insufficient';
  reason: string;
}

export interface BreakerMetrics {
  state: 'closed' | 'open' | 'halfOpen';
  failures: number;
  opened: number;
  halfOpened: number;
  closed: number;
  rejected: number;
}

/** How a phase of a question was done. */
export interface PhaseRecord {
  phase: 'assess' | 'retrieve' | 'decompose' | 'route' | 'synthesize';
  /** The agent whose answer it is made of, by id; `offline`: no agent's. */
  by: string;
  /** Questions put to agents, and the attempts that were made to answer them. */
  calls: number;
  attempts: number;
  /** Those of the calls that an earlier run had the answer to (`cache`); absent when there was none. */
  cached?: number;
  durationMs: number;
  /** Of all attempts together, where agents reported it. */
  usage?: Usage;
  /** Notes to the user about it. */
  note?: string;
}

export interface RunMetadata {
  totalTasks: number;
  succeeded: number;
  failed: number;
  cancelled: number;
  skipped: number;
  /** Task ids by wave. */
  waves: string[][];
  fallbackCount: number;
  retriedTasks: { taskId: string; agentId: string; retries: number }[];
  circuitBlocked: { taskId: string; agentId: string; reason: string }[];
  earlyTerminations: { taskId: string; agentId: string; kind: ErrorKind; reason: string; detectedMs: number }[];
  /** Of every agent that was asked, by the tasks or by the phases of a question. */
  breakers: Record<string, BreakerMetrics>;
  /** Of the tasks, and of what phases asked: `taskId` is then `phase:…`. */
  rateLimits: { agentId: string; taskId: string; resumeAt: number }[];
  heartbeats: { taskId: string; agentId: string; events: number; longestSilenceMs: number }[];
  /** Agent of each phase of a question, in order; empty in a run of a plan. `collect` is left out. */
  phases: PhaseRecord[];
  cacheHits: number;
  /** Tokens and cost that the agents reported; 0 tokens when none did. */
  usage: UsageTotals;
  peakConcurrency: number;
  totalDurationMs: number;
  criticalPathMs: number;
}

export interface RunResult {
  runId: string;
  status: RunStatus;
  /** In plan order; every task of the plan exactly once. */
  outcomes: TaskOutcome[];
  metadata: RunMetadata;
  /** Why the run broke or was stopped; absent otherwise. */
  error?: TaskError;
  query?: string;
  complexity?: Complexity;
  /** In a run of a question: what it was taken apart into. */
  plan?: Plan;
  answer?: string;
  confidence?: number;
  sources?: Source[];
}

/** Where a statement of the answer comes from. */
export interface Source {
  taskId: string;
  path: string;
  startLine: number;
  endLine: number;
}
