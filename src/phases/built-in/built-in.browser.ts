import { loadCode } from '../../errors/load-code.ts';
import type { PhaseControls } from '../controls.ts';
import type { Phase, Phases } from '../types.ts';
import type { ModelPhasesOptions } from './model-phases.ts';

/** The phases of `built-in.ts`, which load their code with the first question. */
export const OFFLINE_PHASES: Phases = {
  assess: later(loadOffline, 'assess'),
  retrieve: later(loadOffline, 'retrieve'),
  decompose: later(loadOffline, 'decompose'),
  route: later(loadOffline, 'route'),
  synthesize: later(loadOffline, 'synthesize'),
};

export function modelPhases(options: ModelPhasesOptions): Omit<Phases, 'retrieve'> {
  const load = async () => (await import('./model-phases.ts')).modelPhases(options);
  return {
    assess: later(load, 'assess'),
    decompose: later(load, 'decompose'),
    route: later(load, 'route'),
    synthesize: later(load, 'synthesize'),
  };
}

async function loadOffline(): Promise<Phases> {
  return (await import('./offline.ts')).offlinePhases();
}

/** A phase that loads itself, and is not begun when it was cancelled meanwhile. */
function later<K extends keyof Phases>(load: () => Promise<Pick<Phases, K>>, name: K): Phases[K] {
  const phase = async (input: never, controls: PhaseControls): Promise<unknown> => {
    const phases = await loadCode(load());
    controls.signal.throwIfAborted();
    return (phases[name] as Phase<never, unknown>)(input, controls);
  };
  return phase as Phases[K];
}
