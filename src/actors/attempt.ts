import type { ResolvedAgent } from '../agents/resolve.ts';
import type { GateReply } from '../machines/gate/events.ts';
import type { Policy } from '../policy/policy.ts';
import type { Publish } from '../run/events.ts';
import type { RunLog } from '../run/log.ts';
import type { AgentRequest } from '../types/agent.ts';
import type { ErrorKind } from '../types/error-kind.ts';
import type { AttemptRecord, TaskError } from '../types/task.ts';
import type { Usage } from '../types/usage.ts';
import type { Addressee } from '../xstate/messaging.ts';

/** Execution of a task by one agent, as the executor receives it. */
export interface AttemptSpec {
  /** Also the idempotency key: `run/task/attempt`. */
  attemptId: string;
  agent: ResolvedAgent;
  request: AgentRequest;
  policy: Policy;
  /** The task's own hard limit of one attempt, milliseconds. */
  timeoutMs: number | undefined;
  killGraceMs: number;
  /** Whether a 401 waits for the results of the agent's other attempts. Default false. */
  mayBeRefuted?: boolean;
  leaseId: string;
  permitId: string | null;
  ref: Addressee<AttemptEvent | GateReply>;
  publish: Publish;
  /** Records the start, before the agent starts; null without a journal. */
  log: RunLog | null;
}

export type AttemptCommand =
  | { type: 'attempt.start'; spec: AttemptSpec }
  /** Asks an attempt to end; it ends by its own `attempt.ended`. */
  | { type: 'attempt.stop'; attemptId: string; kind: ErrorKind; reason: string };

/** How an attempt ended, after its process, request or function is really over. */
export interface AttemptResult {
  status: AttemptRecord['result'];
  output: string;
  truncated: boolean;
  data?: unknown;
  usage?: Usage;
  session?: string;
  error: TaskError | null;
  /** True when the agent had stated its end before anything asked it to stop. */
  concluded?: boolean;
  /** The party at fault, where it is not the agent: see `AgentError`. */
  fault?: 'task' | 'machine';
  /** Of a 401: `pending` while other attempts of the agent may refute it, `refuted` when one has. */
  verdict?: 'pending' | 'refuted' | undefined;
  /** When a rate-limited provider may be asked again, epoch milliseconds; null when it did not say. */
  retryAt: number | null;
  endedAt: number;
  heartbeat: { events: number; longestSilenceMs: number };
  /** Set when the attempt was stopped because of an error pattern, before any clock was due. */
  earlyTermination: { kind: ErrorKind; reason: string; detectedMs: number } | null;
}

/** From the executor to a task. */
export type AttemptEvent =
  | { type: 'attempt.ended'; taskId: string; attemptId: string; result: AttemptResult }
  /** Another attempt of the agent has succeeded, so its login is valid: the 401 earns another try. */
  | { type: 'auth.refuted'; taskId: string; attemptId: string }
  /** None has: the 401 stands. */
  | { type: 'auth.confirmed'; taskId: string; attemptId: string }
  | { type: 'attempt.stalled'; taskId: string; attemptId: string }
  | { type: 'attempt.resumed'; taskId: string; attemptId: string }
  | { type: 'attempt.stopping'; taskId: string; attemptId: string; kind: ErrorKind; reason: string };
