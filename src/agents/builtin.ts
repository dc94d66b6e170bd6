import type { Agent } from '../types/agent.ts';
import { extractiveAgent } from './extractive.ts';

/**
 * The agent that needs no model, no key and no network, by id. Bundlers for browsers take `builtin.browser.ts` in place of this file, as
 * `browser` in package.json says.
 */
export function builtinAgents(): Record<'extract', Agent> {
  return { extract: extractiveAgent() };
}
