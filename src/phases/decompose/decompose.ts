import type { Decomposition, Subgoal } from '../../run/phase-outputs.ts';
import type { Complexity } from '../../run/result.ts';
import { type Questions, splitQuestions } from '../../text/questions.ts';
import { uniqueSlug } from '../../text/slug.ts';
import type { Passage } from '../../types/passage.ts';
import type { AgentInfo, DecomposeInput } from '../types.ts';
import { passagesFor } from './passages-for.ts';
import { SUBGOAL_LIMITS } from './subgoal-limits.ts';
import { aspectsOf } from './topics.ts';

/** A subgoal before it has an id; `after` are places in the list it stands in. */
interface Draft {
  title: string;
  prompt: string;
  after: number[];
  capabilities: string[];
  /** Query for its passages; empty: it reads only what it depends on. */
  about: string;
}

/**
 * Takes a query apart without a model: into the questions it asks, the things it compares, or, when it is one question,
 * the sides of it that the retrieved passages keep coming back to; then one last subgoal that brings the answers
 * together. So there are two waves or more, except for a simple query about which too little was found.
 */
export function decompose({ query, complexity, passages, agents }: DecomposeInput): Decomposition {
  const goal = query.trim();
  const questions = splitQuestions(goal);
  const room = SUBGOAL_LIMITS[complexity].max - 1;
  const notes: string[] = [];
  const drafts = questions.compared
    ? comparison(goal, questions.compared)
    : questions.parts.length > 1
      ? fitted(questions, room, notes)
      : sides(goal, complexity, passages, agents, room);
  if (!questions.compared && drafts.length > 1) drafts.push(together(goal, drafts));
  return { goal, subgoals: asSubgoals(drafts, passages), notes };
}

function comparison(goal: string, [a, b]: [string, string]): Draft[] {
  const about = (thing: string): Draft => ({
    title: thing,
    prompt: `What is said about ${thing}? (about: ${goal})`,
    after: [],
    capabilities: ['answer', 'extract'],
    about: `${thing} ${thing} ${goal}`,
  });
  return [
    about(a),
    about(b),
    {
      title: `Compare ${a} and ${b}`,
      prompt: `${goal}\n\nCompare ${a} with ${b}: say what they have in common, where they differ, and what is unknown. Keep the places cited.`,
      after: [0, 1],
      capabilities: ['combine', 'compare'],
      about: '',
    },
  ];
}

/** A draft for each question; surplus questions join the last one. */
function fitted({ parts }: Questions, room: number, notes: string[]): Draft[] {
  const kept = parts.slice(0, room);
  const rest = parts.slice(room).map(({ text }) => text);
  if (rest.length > 0) notes.push(`Asked together with the last part: ${rest.join(' ')}`);
  return kept.map(({ text, title, after }, at) => {
    const prompt = at === kept.length - 1 ? [text, ...rest].join(' ') : text;
    return {
      title,
      prompt,
      after: after === null ? [] : [after],
      capabilities: ['answer', 'extract'],
      about: prompt,
    };
  });
}

/** The question itself, its sides, and where to look. */
function sides(
  goal: string,
  complexity: Complexity,
  passages: readonly Passage[],
  agents: readonly AgentInfo[],
  room: number,
): Draft[] {
  const direct: Draft = { title: goal, prompt: goal, after: [], capabilities: ['answer', 'extract'], about: goal };
  const files = new Set(passages.map(({ path }) => path)).size;
  if (complexity === 'simple' && (files < 2 || passages.length < 3)) return [direct];
  const outlined = files > 1 && agents.some((agent) => agent.capabilities.includes('where'));
  const aspects = aspectsOf(goal, passages, room - 1 - (outlined ? 1 : 0));
  const drafts = [direct, ...aspects.map(({ name }): Draft => aside(goal, name))];
  if (outlined) drafts.push(places(goal));
  // Without passages there is nothing to find sides in; the second look is then a critical one.
  if (drafts.length === 1) drafts.push(doubts(goal));
  return drafts;
}

const aside = (goal: string, name: string): Draft => ({
  title: name,
  prompt: `About "${name}": ${goal}`,
  after: [],
  capabilities: ['answer', 'extract'],
  about: `${name} ${name} ${goal}`,
});

const places = (goal: string): Draft => ({
  title: 'Where to look',
  prompt: `Where to look: ${goal}\n\nList the files, each with its role in one line.`,
  after: [],
  capabilities: ['where', 'structure', 'files'],
  about: goal,
});

const doubts = (goal: string): Draft => ({
  title: 'Conditions and limits',
  prompt: `Which conditions, limits and exceptions apply? (about: ${goal})`,
  after: [],
  capabilities: ['answer', 'extract'],
  about: goal,
});

const together = (goal: string, drafts: readonly Draft[]): Draft => ({
  title: 'Bring together',
  prompt: `${goal}\n\nBring the findings of the earlier tasks together into one answer: the most relevant first, what several of them say once, contradictions and gaps named. Keep the places cited.`,
  after: drafts.map((_, at) => at),
  capabilities: ['combine', 'summary'],
  about: '',
});

function asSubgoals(drafts: readonly Draft[], passages: readonly Passage[]): Subgoal[] {
  const taken = new Set<string>();
  const ids = drafts.map(({ title }) => uniqueSlug(title, taken));
  return drafts.map(({ title, prompt, after, capabilities, about }, at) => ({
    id: ids[at] ?? '',
    title: title.length > 80 ? `${title.slice(0, 79).trimEnd()}…` : title,
    prompt,
    dependsOn: after.flatMap((place) => ids[place] ?? []),
    capabilities,
    passages: about === '' ? [] : passagesFor(about, passages),
  }));
}
