import type { Clock } from '../../src/base/clock.ts';
import { AgentError, type AgentErrorOptions } from '../../src/errors/agent-error.ts';
import type { Agent, AgentControls, AgentRequest } from '../../src/types/agent.ts';
import type { ErrorKind } from '../../src/types/error-kind.ts';
import type { Usage } from '../../src/types/usage.ts';

/** What one execution does, as plain data. Times are milliseconds from its start. */
export interface Step {
  /** When it ends by itself. Default 0: at once. */
  ms?: number;
  /** What it answers. Default: `<task> by <agent>`. */
  ok?: string;
  usage?: Usage;
  /** Names its session at once. */
  session?: string;
  /** Fails of this kind instead. */
  fail?: ErrorKind;
  message?: string;
  details?: AgentErrorOptions;
  /** Throws this as it is. */
  throws?: unknown;
  /** Never ends by itself; ends on request. */
  hang?: boolean;
  /** Does not even end on request. */
  deaf?: boolean;
  /** Time it takes to end after it was asked to. Default 0. */
  dyingMs?: number;
  /** What it answers, rather than fails with, on request end. */
  lastWords?: string;
  /** Heartbeats, output, suspicions and statements of its end on the way. */
  says?: readonly { at: number; beat?: true; output?: string; suspect?: ErrorKind; concludes?: string }[];
}

export interface Call {
  at: number;
  taskId: string;
  agentId: string;
  attempt: number;
  prompt: string;
  request: AgentRequest;
  aborted: boolean;
}

export interface ScriptedAgent extends Agent {
  /** Every execution, in order. */
  readonly calls: Call[];
  /** Executions that have not ended. */
  readonly inFlight: number;
  readonly peak: number;
}

/**
 * An agent that does as written: its n-th execution of a task is the n-th step, the last one stands for all that follow.
 * By task, or the same for all.
 */
export function scriptedAgent(
  clock: Clock,
  script: readonly Step[] | Readonly<Record<string, readonly Step[]>> = [{}],
  profile: Omit<Agent, 'run'> = {},
): ScriptedAgent {
  const calls: Call[] = [];
  const seen = new Map<string, number>();
  let inFlight = 0;
  let peak = 0;
  const stepsOf = (taskId: string): readonly Step[] =>
    Array.isArray(script) ? script : ((script as Record<string, readonly Step[]>)[taskId] ?? [{}]);
  return {
    ...profile,
    calls,
    get inFlight() {
      return inFlight;
    },
    get peak() {
      return peak;
    },
    async run(request, controls) {
      const { taskId, agentId, attempt, prompt } = request;
      calls.push({ at: clock.now(), taskId, agentId, attempt, prompt, request, aborted: controls.signal.aborted });
      const nth = seen.get(taskId) ?? 0;
      seen.set(taskId, nth + 1);
      const steps = stepsOf(taskId);
      const step = steps[Math.min(nth, steps.length - 1)] ?? {};
      inFlight += 1;
      peak = Math.max(peak, inFlight);
      try {
        return await act(clock, step, request, controls);
      } finally {
        inFlight -= 1;
      }
    },
  };
}

async function act(
  clock: Clock,
  step: Step,
  request: AgentRequest,
  controls: AgentControls,
): Promise<string | { output: string; usage: Usage }> {
  if (step.session !== undefined) controls.session(step.session);
  const spoken = (step.says ?? []).map(({ at, beat, output, suspect, concludes }) =>
    clock.setTimeout(() => {
      if (beat) controls.heartbeat();
      if (output !== undefined) controls.output(output);
      if (suspect) controls.suspect({ kind: suspect, reason: `it wrote of ${suspect}` });
      if (concludes !== undefined) controls.conclude(() => concludes);
    }, at),
  );
  try {
    const told = await waited(clock, step, controls.signal);
    if (told && step.lastWords !== undefined) return step.lastWords;
    if (told) throw controls.signal.reason;
  } finally {
    for (const timer of spoken) clock.clearTimeout(timer);
  }
  if ('throws' in step) throw step.throws;
  if (step.fail) throw new AgentError(step.fail, step.message ?? `it is ${step.fail}`, step.details);
  const output = step.ok ?? `${request.taskId} by ${request.agentId}`;
  return step.usage ? { output, usage: step.usage } : output;
}

/** True when it was asked to end before its time was up. */
function waited(clock: Clock, step: Step, signal: AbortSignal): Promise<boolean> {
  const { ms = 0, hang = false, deaf = false, dyingMs = 0 } = step;
  if (!hang && !deaf && ms === 0) return Promise.resolve(false);
  return new Promise((resolve) => {
    const timer = hang || deaf ? null : clock.setTimeout(() => resolve(false), ms);
    const onAbort = () => {
      clock.clearTimeout(timer);
      if (deaf) return;
      if (dyingMs === 0) resolve(true);
      else clock.setTimeout(() => resolve(true), dyingMs);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}
