import { systemClock } from '../clock.ts';
import { createSoar as createCoreSoar } from '../create-soar.ts';
import type { Soar, SoarOptions } from '../soar.ts';
import { agentFromSpec } from './agents-from-spec.ts';
import { readEntry } from './read-entry.ts';
import { keepAnswer, withEarlierAnswers } from './recall.ts';
import { createFileRetriever } from './retrieve.ts';

export interface NodeSoarOptions<Known extends string = string> extends SoarOptions<Known> {
  /** The directory `ask` searches. Default: the working directory. */
  cwd?: string;
  /**
   * Whether `ask` also looks at what earlier questions were answered, and keeps its own answer for later ones; in the journal, so
   * without one there is none. Default true.
   */
  memory?: boolean;
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
  const { cwd = process.cwd(), memory = true, phases, ...rest } = options;
  const { journal } = rest;
  const records = memory && journal ? journal.records : null;
  const files = createFileRetriever({ cwd });
  const retrieve = records ? withEarlierAnswers(files, records, cwd) : files;
  const read = (entry: string) => readEntry(cwd, entry);
  const trace = rest.trace ? { trace: { secrets: process.env, ...rest.trace } } : {};
  const soar = createCoreSoar({ agentFromSpec, readEntry: read, ...rest, ...trace, phases: { retrieve, ...phases } });
  if (!records) return soar;
  const clock = rest.clock ?? systemClock;
  return {
    ...soar,
    ask(query, askOptions) {
      const run = soar.ask(query, askOptions);
      // Before whoever waits for the result hears of it, and perhaps closes the journal.
      run.result.then((result) => keepAnswer(result, records, cwd, clock.now()));
      return run;
    },
    resume(runId, resumeOptions) {
      const wasOver = journal?.list().some((one) => one.runId === runId && one.endedAt !== null);
      const run = soar.resume(runId, resumeOptions);
      if (!wasOver) run.result.then((result) => keepAnswer(result, records, cwd, clock.now()));
      return run;
    },
  };
}
