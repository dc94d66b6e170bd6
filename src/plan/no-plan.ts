import type { CompiledPlan } from './types.ts';

/** Placeholder until a plan is known, or in place of an invalid one. */
export const NO_PLAN: CompiledPlan = Object.freeze({
  goal: undefined,
  plan: { tasks: [] },
  tasks: [],
  byId: new Map(),
  waves: [],
});
