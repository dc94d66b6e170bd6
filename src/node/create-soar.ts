import { createSoar as createCoreSoar, type Soar, type SoarOptions } from '../create-soar.ts';
import { agentFromSpec } from './agents-from-spec.ts';
import { readEntry } from './read-entry.ts';
import { createFileRetriever } from './retrieve.ts';

export interface NodeSoarOptions extends SoarOptions {
  /** The directory `ask` searches. Default: the working directory. */
  cwd?: string;
}

/**
 * Makes an engine as the core's `createSoar` does, for Node: plans may describe commands and CLIs as agents, and `ask` searches
 * the text files of `cwd`, unless `phases.retrieve` is given. What tasks of a plan `read` is looked for there too.
 *
 * @throws {SoarError} `invalid-options`, naming every fault.
 * @example
 * const soar = createSoar({ agents: { sh: commandAgent({ command: ['bash', '-c', '{{prompt}}'] }) } });
 * const { outcomes } = await soar.run({ tasks: [{ id: 'a', prompt: 'echo ha' }] }).result; // outcomes[0].output === 'ha'
 */
export function createSoar(options: NodeSoarOptions = {}): Soar {
  const { cwd = process.cwd(), phases, ...rest } = options;
  const retrieve = createFileRetriever({ cwd });
  const read = (entry: string) => readEntry(cwd, entry);
  return createCoreSoar({ agentFromSpec, readEntry: read, ...rest, phases: { retrieve, ...phases } });
}
