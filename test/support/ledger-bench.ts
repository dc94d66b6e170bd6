import { resolveAgent } from '../../src/agents/resolve.ts';
import type { LeaseRelease, RunOpened, StartRequest } from '../../src/machines/gate/events.ts';
import { type GateLimits, Ledger } from '../../src/machines/gate/logic.ts';
import { GATE_LIMITS } from '../../src/machines/gate/machine.ts';
import type { Agent } from '../../src/types/agent.ts';
import { addressee } from '../model/fakes.ts';

export const ledgerOf = (limits: Partial<GateLimits> = {}) =>
  new Ledger({ ...GATE_LIMITS, maxConcurrent: 9, ...limits });

export function request(requestId: string, more: Partial<StartRequest> = {}): StartRequest {
  const agent = agentOf('a');
  return {
    type: 'start.request',
    requestId,
    runId: 'r',
    taskId: requestId,
    agent,
    breaker: true,
    ref: addressee(),
    ...more,
  };
}

export function agentOf(id: string, profile: Partial<Agent> = {}) {
  return resolveAgent(id, { run: () => '', ...profile });
}

export function opened(runId: string, more: Partial<RunOpened> = {}): RunOpened {
  return { type: 'run.opened', runId, maxConcurrent: null, staggerMs: null, budget: null, ref: addressee(), ...more };
}

export function release(leaseId: string, more: Partial<LeaseRelease> = {}): LeaseRelease {
  return { type: 'lease.release', leaseId, permitId: null, result: 'success', kind: null, at: 0, ...more };
}

export const limitedAt = (retryAt: number | null) => ({ rateLimit: { retryAt, ref: addressee() } });

/** Puts it in its lane and starts whatever is next, at `now`. */
export function start(ledger: Ledger, wanted: StartRequest, now = 0) {
  ledger.enqueue(wanted, now);
  ledger.reserveNext(now);
  return ledger.grant(now);
}
