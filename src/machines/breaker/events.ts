import type { Addressee } from '../../actors/scope.ts';
import type { ErrorKind } from '../../errors/error-kind.ts';
import type { BreakerPolicy } from '../../policy/policy.ts';

/** How an attempt ended, as far as a breaker cares. */
export type PermitResult = 'success' | 'failure' | 'neutral';

export type BreakerEvent =
  | { type: 'permit.request'; requestId: string; ref: Addressee<BreakerReply> }
  | { type: 'permit.return'; permitId: string; result: PermitResult; kind: ErrorKind | null; at: number }
  /** A refused task wants to be called when the agent may be tried again. */
  | { type: 'permit.await'; waiterId: string; ref: Addressee<BreakerCall> }
  /** A waiter, called or not, will not ask any more. */
  | { type: 'permit.forgo'; waiterId: string }
  | { type: 'breaker.configure'; policy: BreakerPolicy }
  | { type: 'breaker.reset' };

export type BreakerReply =
  | { type: 'permit.granted'; requestId: string; permitId: string }
  | { type: 'permit.refused'; requestId: string; reason: string; retryAt: number };

export type BreakerCall = { type: 'permit.available'; agentId: string };
