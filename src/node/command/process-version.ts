import { resolve } from 'node:path';
import type { Agent } from '../../types/agent.ts';
import { folderState } from '../files/folder-state.ts';
import type { CommandAgentOptions } from './command-options.ts';

/**
 * Version of a program's answers, as far as it can be determined: how it is called, and the files of the folder it works in,
 * since most programs look at those.
 */
export function processVersion(options: CommandAgentOptions): NonNullable<Agent['version']> {
  const { kind = 'command', command, prompt, env = {}, cwd, requireOutput, maxOutputBytes } = options;
  const called = JSON.stringify([kind, command, prompt, Object.entries(env).sort(), requireOutput, maxOutputBytes]);
  return (place) => {
    const folder = resolve(place.cwd ?? cwd ?? '.');
    const state = folderState(folder);
    return state === null ? null : `${called} ${folder} ${state}`;
  };
}
