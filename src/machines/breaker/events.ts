import type { BreakerPolicy } from '../../policy/policy.ts';
import type { ErrorKind } from '../../types/error-kind.ts';
import type { Addressee } from '../../xstate/messaging.ts';

/** How an attempt ended, as far as a breaker cares. */
export type PermitResult = 'success' | 'failure' | 'neutral';

export type BreakerEvent =
  /** `limitMs`: how long the attempt can take at most, its grace included. Default: the policy's `maxOpenWaitMs`. */
  | { type: 'permit.request'; requestId: string; limitMs?: number; ref: Addressee<BreakerReply> }
  | { type: 'permit.return'; permitId: string; result: PermitResult; kind: ErrorKind | null; at: number }
  /**
   * A refused task asks to be notified when the agent may be tried again. `followsProbes`: it is also notified of every probe and
   * of its failure. Default: it is only called.
   */
  | { type: 'permit.await'; waiterId: string; followsProbes?: boolean; ref: Addressee<BreakerCall> }
  /** A waiter, called or not, will not ask any more. */
  | { type: 'permit.forgo'; waiterId: string }
  | { type: 'breaker.configure'; policy: BreakerPolicy }
  | { type: 'breaker.reset' };

export type BreakerReply =
  | { type: 'permit.granted'; requestId: string; permitId: string }
  /** `probeUntil`: set while a probe is out; when that has ended at the latest, epoch milliseconds. */
  | { type: 'permit.refused'; requestId: string; reason: string; retryAt: number; probeUntil?: number };

/** From a breaker to the tasks in its queue. */
export type BreakerCall =
  | { type: 'permit.available'; agentId: string }
  /** Another task has the probe; it ends by `until`, epoch milliseconds. */
  | { type: 'probe.started'; agentId: string; until: number }
  /** The probe failed: the breaker is open again. */
  | { type: 'circuit.opened'; agentId: string; reason: string };
