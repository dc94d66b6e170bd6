import type { AnyMachineSnapshot, InspectionEvent } from 'xstate';
import type { RunEvent } from '../../src/run/events.ts';

export interface HalfOpenBreakers {
  /** For the engine. */
  inspect(event: InspectionEvent): void;
  /** For the events of its runs. */
  hear(event: RunEvent): void;
  /** Attempts that began while the breaker of their agent was half-open, and most of one agent in flight at a time. */
  readonly seen: { probes: number; atOnce: number };
}

/** Watches what breakers let through while they are half-open. */
export function halfOpenBreakers(): HalfOpenBreakers {
  const halfOpen = new Set<string>();
  const probes = new Map<string, string>();
  const seen = { probes: 0, atOnce: 0 };
  return {
    seen,
    inspect: (event) => {
      const { id } = event.actorRef as { id?: string };
      if (event.type !== '@xstate.snapshot' || !id?.startsWith('breaker.')) return;
      const agentId = id.slice('breaker.'.length);
      if ((event.snapshot as AnyMachineSnapshot).matches('halfOpen')) halfOpen.add(agentId);
      else halfOpen.delete(agentId);
    },
    hear: (event) => {
      if (event.type === 'attempt.ended') probes.delete(event.key);
      if (event.type !== 'attempt.started' || !halfOpen.has(event.agentId)) return;
      probes.set(event.key, event.agentId);
      seen.probes += 1;
      seen.atOnce = Math.max(seen.atOnce, [...probes.values()].filter((agentId) => agentId === event.agentId).length);
    },
  };
}
