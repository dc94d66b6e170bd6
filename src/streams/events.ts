import type { ErrorKind } from '../errors/error-kind.ts';
import type { AttemptRecord, Complexity, RunResult, TaskOutcome } from '../types.ts';

/** The phases of a run started by a query, in order. A plan's run has `collect` alone. */
export type PhaseName = 'assess' | 'retrieve' | 'decompose' | 'route' | 'collect' | 'synthesize';

/** What happens in a run, as `events$` and `--jsonl` tell it. `at` is epoch milliseconds in the run's clock. */
export type RunEvent = { at: number; runId: string } & (
  | { type: 'run.started'; query?: string; goal?: string }
  | { type: 'phase.started'; phase: PhaseName }
  | { type: 'phase.completed'; phase: PhaseName; summary: string; complexity?: Complexity }
  | { type: 'plan.compiled'; waves: string[][]; timeoutMs: number }
  | { type: 'wave.started'; wave: number; tasks: number }
  | { type: 'wave.settled'; wave: number; succeeded: number; failed: number; partial: number }
  | {
      type: 'task.state';
      taskId: string;
      agentId: string;
      wave: number;
      state: string;
      /** When the state ends by itself, epoch milliseconds. */
      until?: number;
      reason?: string;
    }
  | { type: 'attempt.started'; taskId: string; agentId: string; attempt: number; key: string }
  | ({ type: 'attempt.ended'; taskId: string } & AttemptRecord)
  | { type: 'attempt.output'; taskId: string; agentId: string; stream: 'stdout' | 'stderr'; text: string }
  | { type: 'attempt.heartbeat'; taskId: string; agentId: string }
  | { type: 'attempt.progress'; taskId: string; agentId: string; done?: number; total?: number; message?: string }
  | { type: 'task.settled'; outcome: TaskOutcome; settled: number; total: number }
  | { type: 'run.stopping'; kind: ErrorKind; reason: string }
  | { type: 'run.settled'; result: RunResult }
  | { type: 'warning'; message: string; taskId?: string }
);

type Untimed<E> = E extends unknown ? Omit<E, 'at' | 'runId'> : never;

/** A run event before its run stamped it. */
export type RunNews = Untimed<RunEvent>;

/** Where the actors of one run report to. Never throws. */
export type Publish = (news: RunNews, at: number) => void;

export const publishNothing: Publish = () => {};
