import { loadCode } from '../errors/load-code.ts';
import type { Agent } from '../types/agent.ts';
import { BUILTIN_PROFILES } from './builtin-profiles.ts';

/** The agent of `builtin.ts`, which loads its code with its first attempt. */
export function builtinAgents(): Record<'extract', Agent> {
  const load = async () => (await import('./extractive.ts')).extractiveAgent();
  return {
    extract: {
      ...BUILTIN_PROFILES.extract,
      run: async (request, controls) => (await loadCode(load())).run(request, controls),
    },
  };
}
