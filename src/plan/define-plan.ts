import type { Plan } from './types.ts';

/**
 * The plan as it is, with its types checked where it is written. What the tasks say of each other is checked when the
 * plan is compiled or run.
 *
 * @example
 * const plan = definePlan({ tasks: [{ id: 'hello', prompt: 'Say hello' }] });
 */
export function definePlan<const P extends Plan>(plan: P): P {
  return plan;
}
