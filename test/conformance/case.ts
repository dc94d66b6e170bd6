import type { RunOptions, SoarOptions } from '../../src/create-soar.ts';
import type { Plan, TaskSpec } from '../../src/plan/types.ts';
import type { Agent, BreakerMetrics, RunMetadata, RunStatus, TaskOutcome } from '../../src/types.ts';
import type { Step } from '../support/scripted-agent.ts';

type DeepPartial<T> = T extends object ? { [K in keyof T]?: DeepPartial<T[K]> } : T;

/** An agent as data: what it does, by task or for all, and what it is. */
export interface CaseAgent extends Omit<Agent, 'run'> {
  script?: readonly Step[] | Readonly<Record<string, readonly Step[]>>;
}

/** What is given, and what must come of it. */
export interface Case {
  /** Ids of the reference's tests and defects that it answers to. */
  ids: readonly string[];
  /** What holds, as a sentence. */
  it: string;
  agents: Readonly<Record<string, CaseAgent>>;
  plan: readonly TaskSpec[] | Plan;
  options?: Omit<SoarOptions, 'agents' | 'clock' | 'random' | 'inspect' | 'phases'>;
  run?: Omit<RunOptions, 'signal'>;
  /** When the run is cancelled, milliseconds. */
  cancelAt?: number;
  expected: Expected;
}

export interface Expected {
  /** The call throws instead, with these codes of issues. */
  throws?: { code: string; issues?: readonly string[] };
  status?: RunStatus;
  /** When attempts started, in order. */
  starts?: readonly number[];
  /** Executions of each agent. */
  calls?: Readonly<Record<string, number>>;
  /** Most executions of all agents in flight. */
  peak?: number;
  outcomes?: Readonly<Record<string, DeepPartial<TaskOutcome>>>;
  /** Attempts of each task. */
  attempts?: Readonly<Record<string, number>>;
  metadata?: DeepPartial<Omit<RunMetadata, 'breakers'>>;
  breakers?: Readonly<Record<string, Partial<BreakerMetrics>>>;
  /** States of each task. */
  states?: Readonly<Record<string, readonly string[]>>;
  /** Pieces of the prompt of a task's first execution. */
  prompts?: Readonly<Record<string, readonly string[]>>;
  /** Pieces of a task's error message. */
  messages?: Readonly<Record<string, readonly string[]>>;
  timeoutMs?: number;
  warnings?: number;
}

export const OFF = { enabled: false } as const;

/** `retries` retries, `delayMs` apart, without a breaker. */
export const retries = (count: number, delayMs = 1000) => ({
  retry: { retries: count, strategy: 'fixed' as const, baseDelayMs: delayMs, jitter: 0 },
  breaker: OFF,
});

export const many = (count: number, common: Partial<TaskSpec> = {}): TaskSpec[] =>
  Array.from({ length: count }, (_, index) => ({ id: `t${index + 1}`, prompt: `do ${index + 1}`, ...common }));

export const one = (id: string, more: Partial<TaskSpec> = {}): TaskSpec => ({ id, prompt: `do ${id}`, ...more });
