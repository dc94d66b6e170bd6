import { createActor } from 'xstate';
import { resolveAgent } from '../../src/agents/resolve.ts';
import type { BreakerEvent } from '../../src/machines/breaker/events.ts';
import type { GateNotice, GateReply, RunOpened } from '../../src/machines/gate/events.ts';
import { type GateInput, gateMachine } from '../../src/machines/gate/machine.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import type { Agent } from '../../src/types/agent.ts';
import type { Addressee } from '../../src/xstate/messaging.ts';
import { ear } from './ear.ts';

const agent = (id: string, profile: Partial<Agent> = {}) => resolveAgent(id, { run: () => '', ...profile });

/** A gate with one breaker and one task that keep what they are sent. */
export function gate(limits: GateInput['limits'] = {}, withBreaker = false) {
  const clock = new VirtualClock();
  const breaker = ear<BreakerEvent>(clock);
  const input = withBreaker ? { limits, breakerOf: () => breaker.ref } : { limits };
  const actor = createActor(gateMachine, { clock, input }).start();
  const task = ear<GateReply>(clock);
  const request = (requestId: string, more: Partial<{ agent: Agent & { id?: string }; runId: string }> = {}) => {
    const { id = 'one', ...profile } = more.agent ?? { run: () => '' };
    const runId = more.runId ?? 'r';
    const who = agent(id, profile);
    const ref = task.ref as Addressee<GateReply>;
    actor.send({ type: 'start.request', requestId, runId, taskId: requestId, agent: who, breaker: withBreaker, ref });
  };
  const release = (leaseId: string, more: object = {}) =>
    actor.send({
      type: 'lease.release',
      leaseId,
      permitId: null,
      result: 'success',
      kind: null,
      at: clock.now(),
      ...more,
    });
  const limited = (leaseId: string, retryAt: number | null = null) =>
    release(leaseId, { result: 'neutral', kind: 'rate_limited', rateLimit: { retryAt, ref: task.ref } });
  const open = (runId: string, more: Partial<RunOpened> = {}) => {
    const run = ear<GateNotice>(clock);
    const ours = { maxConcurrent: null, staggerMs: null, budget: null };
    actor.send({ type: 'run.opened', runId, ref: run.ref, ...ours, ...more });
    return run;
  };
  const granted = () =>
    task.heard.flatMap((reply) => (reply.type === 'start.granted' ? [[reply.requestId, reply.at] as const] : []));
  const ids = () => granted().map(([id]) => id);
  return { clock, actor, breaker, task, request, release, limited, open, granted, ids };
}
