import { AgentError, type AgentErrorOptions } from '../errors/agent-error.ts';
import type { AgentAnswer, AgentControls, AgentFunction, AgentRequest } from '../types/agent.ts';

/** An attempt that waits until the test says how it goes. */
export interface GatedAttempt extends Omit<AgentControls, 'killGraceMs'> {
  readonly request: AgentRequest;
  /** True once it was answered, failed, limited or stopped. */
  readonly isOver: boolean;
  /** Ends it with this answer. */
  resolve(answer?: AgentAnswer): void;
  /** Ends it with what the agent throws: an {@link AgentError}, or anything. */
  reject(error: unknown): void;
  /** Ends it with a rate limit. */
  limit(options?: Pick<AgentErrorOptions, 'retryAt' | 'retryAfterMs'>): void;
  /** Makes it ignore a request to stop: it ends when the test ends it, or is abandoned. */
  hang(): void;
}

/** A function agent whose attempts wait for the test. */
export interface GatedAgent extends AgentFunction {
  /** The attempt that has waited longest. Throws when none waits: an agent starts on a later microtask, so drain the clock first. */
  next(): GatedAttempt;
  /** Attempts under way, oldest first. */
  readonly waiting: readonly GatedAttempt[];
  /** Every attempt so far, oldest first. */
  readonly attempts: readonly GatedAttempt[];
}

/**
 * Agents whose every attempt waits until the test answers, fails, limits or hangs it. An attempt that is asked to stop
 * ends by itself, as a well-behaved agent does, unless it was made to `hang`.
 *
 * @example
 * const clock = new VirtualClock();
 * const agents = gatedAgents(['a']);
 * const run = createSoar({ agents, clock }).run({ tasks: [{ id: 'one', prompt: 'Go' }] });
 * await clock.advance(0);
 * agents.a.next().resolve('gone');
 * const { status } = await clock.settle(run.result); // 'succeeded'
 */
export function gatedAgents<const Id extends string>(ids: readonly Id[]): Record<Id, GatedAgent> {
  return Object.fromEntries(ids.map((id) => [id, gatedAgent(id)])) as Record<Id, GatedAgent>;
}

function gatedAgent(id: string): GatedAgent {
  const attempts: GatedAttempt[] = [];
  const run: AgentFunction = (request, controls) => {
    const { promise, attempt } = gatedAttempt(request, controls);
    attempts.push(attempt);
    return promise;
  };
  const waiting = () => attempts.filter(({ isOver }) => !isOver);
  const next = (): GatedAttempt => {
    const [first] = waiting();
    if (first) return first;
    throw new Error(
      `No attempt of agent ${id} waits (${attempts.length} so far). Advance the clock first: \`await clock.advance(0)\`.`,
    );
  };
  return Object.defineProperties(run, {
    next: { value: next },
    waiting: { get: waiting },
    attempts: { get: () => [...attempts] },
  }) as GatedAgent;
}

function gatedAttempt(
  request: AgentRequest,
  { killGraceMs: _, ...controls }: AgentControls,
): { promise: Promise<AgentAnswer>; attempt: GatedAttempt } {
  const { promise, resolve, reject } = Promise.withResolvers<AgentAnswer>();
  let isOver = false;
  const ending =
    <A extends unknown[]>(end: (...args: A) => void) =>
    (...args: A) => {
      if (isOver) throw new Error(`The attempt ${request.key} is over; it cannot end twice.`);
      isOver = true;
      controls.signal.removeEventListener('abort', onAbort);
      end(...args);
    };
  const fail = ending(reject);
  const onAbort = () => fail(controls.signal.reason);
  controls.signal.addEventListener('abort', onAbort, { once: true });
  const attempt: GatedAttempt = {
    ...controls,
    request,
    get isOver() {
      return isOver;
    },
    resolve: ending((answer: AgentAnswer = '') => resolve(answer)),
    reject: fail,
    limit: (options = {}) => fail(new AgentError('rate_limited', 'HTTP 429: the test limits this attempt.', options)),
    hang: () => controls.signal.removeEventListener('abort', onAbort),
  };
  return { promise, attempt };
}
