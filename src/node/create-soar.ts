import { createSoar as createCoreSoar } from '../create-soar.ts';
import type { Soar, SoarOptions } from '../soar-types.ts';
import { readEntry } from './search/read-entry.ts';
import { createFileRetriever } from './search/retrieve.ts';
import { agentFromSpec } from './tools/agents-from-spec.ts';

export interface NodeSoarOptions<Known extends string = string> extends SoarOptions<Known> {
  /** The directory `ask` searches. Default: the working directory. */
  cwd?: string;
}

/**
 * Makes an engine as the core's `createSoar` does, for Node: plans may describe commands and CLIs as agents, and `ask` searches
 * the text files of `cwd`, unless `phases.retrieve` is given. Traces are without the secrets of this process's environment. What tasks of a plan `read` is looked for there too.
 *
 * @throws {SoarError} `invalid-options`, naming every fault.
 * @example
 * const soar = createSoar({ agents: { sh: commandAgent({ command: ['bash', '-c', '{{prompt}}'] }) } });
 * const { outcomes } = await soar.run({ tasks: [{ id: 'a', prompt: 'echo ha' }] }).result; // outcomes[0].output === 'ha'
 */
export function createSoar<const Known extends string = string>(options?: NodeSoarOptions<Known>): Soar<Known>;
export function createSoar(options: NodeSoarOptions = {}): Soar {
  const { cwd = process.cwd(), phases, ...rest } = options;
  const retrieve = createFileRetriever({ cwd });
  const read = (entry: string) => readEntry(cwd, entry);
  const trace = rest.trace ? { trace: { secrets: process.env, ...rest.trace } } : {};
  return createCoreSoar({ agentFromSpec, readEntry: read, ...rest, ...trace, phases: { retrieve, ...phases } });
}
