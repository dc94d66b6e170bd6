import type { Agent } from '../types/agent.ts';
import { combiningAgent } from './combine.ts';
import { extractiveAgent } from './extractive.ts';
import { outlineAgent } from './outline.ts';

/** Agent a task goes to when none of the built-in ones is asked for. */
export const BUILTIN_DEFAULT = 'extract';

/**
 * The agents that need no model, no key and no network, by id. Bundlers for browsers take `builtin.browser.ts` in place of this file, as
 * `browser` in package.json says.
 */
export function builtinAgents(): Record<'extract' | 'outline' | 'combine', Agent> {
  return { extract: extractiveAgent(), outline: outlineAgent(), combine: combiningAgent() };
}
