import type { Decomposition, Subgoal } from '../../run/phase-outputs.ts';
import { middleCut } from '../../text/middle-cut.ts';
import { asksOneThing } from '../../text/questions.ts';
import { uniqueSlug } from '../../text/slug.ts';
import type { Passage } from '../../types/passage.ts';
import { askForJson, type Read } from '../calls/ask-agent.ts';
import type { PhaseControls } from '../controls.ts';
import type { DecomposeInput } from '../types.ts';
import { decomposePrompt } from './decompose.prompt.ts';
import { decompose } from './decompose.ts';
import { type Proposal, readProposal } from './decomposition.schema.ts';
import { MAX_PASSAGES, passagesFor } from './passages-for.ts';
import { offeredAgents } from './plannable-agents.ts';
import { singleSubgoal } from './single-subgoal.ts';
import { verify } from './verify.ts';

/** How much of the question each subgoal repeats, characters. */
const GOAL_CHARS = 600;

/**
 * Has an agent take the question apart, and verifies what it gives. What cannot be read or has issues goes back once; after
 * that the offline decomposition is used, with a note. A simple question is one subgoal, or one for each thing it asks, without a
 * call.
 */
export async function modelDecompose(
  given: DecomposeInput,
  controls: PhaseControls,
  agentId: string,
): Promise<Decomposition> {
  const input = { ...given, agents: offeredAgents(given.agents, agentId) };
  const { query, complexity, passages } = input;
  if (complexity === 'simple') return asksOneThing(query) ? singleSubgoal(query, passages) : decompose(input);
  const asked = await askForJson(controls, { name: 'decompose', prompt: decomposePrompt(input), agentId }, (value) =>
    readVerified(value, input),
  );
  if (asked.found) return decompositionOf(asked.found, input);
  controls.note(
    `Agent \`${agentId}\` gave no usable decomposition, so the question is taken apart by its words: ${asked.failure}`,
    { by: 'offline' },
  );
  return decompose(input);
}

function readVerified(value: unknown, input: DecomposeInput): Read<Proposal> {
  const read = readProposal(value);
  if (!('value' in read)) return read;
  const { issues } = verify(read.value, input);
  return issues.length > 0 ? { faults: issues.map(({ message }) => message) } : read;
}

/** The subgoals of a verified proposal: ids as slugs, dependencies by these, and the passages for each. */
export function decompositionOf(proposal: Proposal, input: DecomposeInput): Decomposition {
  const { query, passages } = input;
  const taken = new Set<string>();
  const ids = new Map(proposal.subgoals.map(({ id }) => [id, uniqueSlug(id, taken)]));
  const subgoals = proposal.subgoals.map((proposed): Subgoal => {
    const { title, prompt, agent, match, idealAgent, capabilities, critical } = proposed;
    return {
      id: ids.get(proposed.id) ?? proposed.id,
      title,
      prompt: withQuestion(prompt, query),
      dependsOn: [...new Set(proposed.dependsOn)].map((id) => ids.get(id) ?? id),
      passages: readFirst(proposed.files, passagesFor(`${title} ${prompt}`, passages), passages),
      ...(critical ? { critical } : {}),
      ...(capabilities.length > 0 ? { capabilities } : {}),
      ...(agent === null ? {} : { agent }),
      ...(match === null ? {} : { match }),
      ...(idealAgent === null ? {} : { idealAgent }),
    };
  });
  const notes = verify(proposal, input).concerns.map(({ message }) => message);
  return { goal: proposal.goal ?? query.trim(), subgoals, notes };
}

/** An agent knows what its part is for. */
function withQuestion(prompt: string, query: string): string {
  const question = query.trim();
  return prompt.includes(question)
    ? prompt
    : `${prompt}\n\nThis is part of the question: ${middleCut(question, GOAL_CHARS)}`;
}

/** The passages of files that were asked for, then those that fit by their words. */
function readFirst(files: readonly string[], fitting: readonly Passage[], all: readonly Passage[]): Passage[] {
  const asked = all.filter(({ path }) => files.includes(path)).slice(0, MAX_PASSAGES);
  const known = new Set(asked.map(({ id }) => id));
  const others = fitting.filter(({ id }) => !known.has(id));
  return [...asked, ...others.slice(0, Math.max(0, MAX_PASSAGES - asked.length))];
}
