import { AgentError } from '../../errors/agent-error.ts';
import { dataBlock } from '../../text/data-block.ts';
import { findJson } from '../../text/find-json.ts';
import { middleCut } from '../../text/middle-cut.ts';
import type { PhaseAnswer, PhaseCall, PhaseControls } from '../controls.ts';

/** How much of a refused answer its writer sees again, characters. */
const SHOWN_AGAIN = 6_000;
/** Most faults that are named in one repair. */
const MAX_FAULTS = 12;

/** Result of a question to an agent: a usable answer, or the reason for its absence. */
export type Asked<T> = { found: T; failure: null } | { found: null; failure: string };

/** Result of reading an answer: a value, or its faults, addressed to its author. */
export type Read<T> = { value: T } | { faults: readonly string[] };

/** Calls an agent. A failed call returns its reason; only a cancelled one throws. */
export async function askAgent(controls: PhaseControls, call: PhaseCall): Promise<Asked<PhaseAnswer>> {
  controls.signal.throwIfAborted();
  try {
    const found = await controls.call(call);
    controls.signal.throwIfAborted();
    return { found, failure: null };
  } catch (error) {
    controls.signal.throwIfAborted();
    if (AgentError.isInstance(error) && error.kind === 'cancelled') throw error;
    const kind = AgentError.isInstance(error) ? ` (${error.kind})` : '';
    return { found: null, failure: `${error instanceof Error ? error.message : String(error)}${kind}` };
  }
}

/**
 * Asks an agent for JSON and reads it. An answer that cannot be read goes back once, with what is wrong with it, as call
 * `<name>-repair`.
 *
 * @param read Judges one value; of several in an answer the first that it takes counts.
 */
export async function askForJson<T>(
  controls: PhaseControls,
  question: Omit<PhaseCall, 'accepts' | 'repairs'>,
  read: (value: unknown) => Read<T>,
): Promise<Asked<T>> {
  const call = { ...question, accepts: (answer: PhaseAnswer) => 'value' in readAnswer(answer, read) };
  const first = await askAgent(controls, call);
  if (first.found === null) return first;
  const judged = readAnswer(first.found, read);
  if ('value' in judged) return { found: judged.value, failure: null };

  const repair = {
    ...call,
    name: `${call.name}-repair`,
    repairs: call.name,
    prompt: repairPrompt(call.prompt, first.found, judged.faults),
  };
  const second = await askAgent(controls, repair);
  if (second.found === null) {
    return { found: null, failure: `${inBrief(judged.faults)} The repair failed: ${second.failure}` };
  }
  const again = readAnswer(second.found, read);
  if ('value' in again) return { found: again.value, failure: null };
  return { found: null, failure: `Still after a repair: ${inBrief(again.faults)}` };
}

function readAnswer<T>({ output, data }: PhaseAnswer, read: (value: unknown) => Read<T>): Read<T> {
  const { values, fault } = findJson(output);
  const candidates = typeof data === 'object' && data !== null ? [data, ...values] : values;
  let faults: readonly string[] = [fault ?? ''];
  for (const [at, candidate] of candidates.entries()) {
    const judged = read(candidate);
    if ('value' in judged) return judged;
    if (at === 0) faults = judged.faults;
  }
  return { faults };
}

function repairPrompt(prompt: string, { output }: PhaseAnswer, faults: readonly string[]): string {
  const listed = faults.slice(0, MAX_FAULTS).map((fault) => `- ${fault}`);
  const more = faults.length > MAX_FAULTS ? [`- and ${faults.length - MAX_FAULTS} more faults`] : [];
  return [
    prompt,
    'Your previous answer was refused. What is wrong with it:',
    [...listed, ...more].join('\n'),
    dataBlock('previous-answer', middleCut(output, SHOWN_AGAIN)),
    'Give the whole answer again, mended, as one JSON object and nothing else.',
  ].join('\n\n');
}

function inBrief(faults: readonly string[]): string {
  const [first = 'It could not be read.', ...rest] = faults;
  return rest.length === 0 ? first : `${first} (and ${rest.length} more)`;
}
