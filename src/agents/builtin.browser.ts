import { loadCode } from '../errors/load-code.ts';
import type { Agent } from '../types/agent.ts';
import { BUILTIN_PROFILES } from './builtin-profiles.ts';

/** The agents of `builtin.ts`, each of which loads its code with its first attempt. */
export function builtinAgents(): Record<'extract' | 'outline' | 'combine', Agent> {
  const { extract, outline, combine } = BUILTIN_PROFILES;
  return {
    extract: { ...extract, run: later(async () => (await import('./extractive.ts')).extractiveAgent()) },
    outline: { ...outline, run: later(async () => (await import('./outline.ts')).outlineAgent()) },
    combine: { ...combine, run: later(async () => (await import('./combine.ts')).combiningAgent()) },
  };
}

function later(load: () => Promise<Agent>): Agent['run'] {
  return async (request, controls) => (await loadCode(load())).run(request, controls);
}
