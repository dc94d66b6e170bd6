import type { Complexity } from '../../run/result.ts';

/**
 * Fewest and most subgoals, by complexity, the one that brings the others together included: what the prompt of decompose
 * asks for, what verify accepts, and what the offline decomposition keeps to.
 */
export const SUBGOAL_LIMITS: Readonly<Record<Complexity, { readonly min: number; readonly max: number }>> =
  Object.freeze({
    simple: { min: 1, max: 3 },
    medium: { min: 1, max: 4 },
    complex: { min: 2, max: 6 },
    critical: { min: 3, max: 8 },
  });
