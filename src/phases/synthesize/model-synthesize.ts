import type { Synthesis } from '../../run/phase-outputs.ts';
import { askAgent, askForJson } from '../calls/ask-agent.ts';
import type { PhaseAnswer, PhaseControls } from '../controls.ts';
import type { SynthesizeInput } from '../types.ts';
import { answersOf, failuresOf, sourcesOf } from './answers.ts';
import { readScore, type Score } from './score.schema.ts';
import { scorePrompt, synthesizePrompt } from './synthesize.prompt.ts';
import { synthesize } from './synthesize.ts';
import { taskCitations, withoutMarks } from './task-citations.ts';

/** Mean mark from which an answer is good enough. */
export const GOOD_SCORE = 0.6;
/** How far an answer is trusted that names no task. */
const UNCITED = 0.5;
const MAX_CONFIDENCE = 0.95;

interface Draft {
  text: string;
  cited: string[];
  unknown: string[];
  /** Null when no agent could judge it. */
  score: Score | null;
}

/**
 * Has an agent write the answer from what the tasks produced, and judge it in a call of its own. An answer that scores below
 * 0.6 or names unknown tasks is written again once, with its faults in the prompt; the better one is kept, with a warning in
 * it when it is not good enough either. What failed is added to it as it is, whatever the agent says.
 *
 * confidence = mean mark × share of tasks that found something × 1 when it names tasks, 0.5 when not; at most 0.95. Without a
 * judge: none. A plan of one task, and one of which nothing succeeded, are synthesized offline, without a call.
 */
export async function modelSynthesize(
  input: SynthesizeInput,
  controls: PhaseControls,
  agentId: string,
): Promise<Synthesis> {
  const offline = synthesize(input);
  const { plan, outcomes, passages } = input;
  const { answered } = answersOf(plan, outcomes);
  if (answered.length === 0 || plan.tasks.length === 1) return offline;

  const ask = draftsOf(input, controls, agentId);
  const first = await ask.write('synthesize', synthesizePrompt(input));
  if (first === null) return offline;
  first.score = await ask.judge('score', first);
  const draft = await improved(input, first, ask);

  const { text, score, unknown } = draft;
  const isPoor = score !== null && score.overall < GOOD_SCORE;
  if (isPoor) controls.note(`The answer scores ${score.overall} of 1, below ${GOOD_SCORE}, also after it was mended.`);
  if (unknown.length > 0) controls.note(`The answer names unknown tasks: ${unknown.join(', ')}.`);
  const named = answered.filter(({ task }) => draft.cited.includes(task.id));
  const evidence = (answered.length / plan.tasks.length) * (named.length > 0 ? 1 : UNCITED);
  const sections = [withoutMarks(text, unknown), isPoor ? warning(score) : '', failuresOf(plan, outcomes)];
  return {
    answer: sections.filter((section) => section !== '').join('\n\n'),
    ...(score ? { confidence: rounded(Math.min(MAX_CONFIDENCE, score.overall * evidence)) } : {}),
    sources: sourcesOf(named.length > 0 ? named : answered, passages),
  };
}

type Ask = ReturnType<typeof draftsOf>;

/** Writes drafts and has them judged; notes what is missing. */
function draftsOf(input: SynthesizeInput, controls: PhaseControls, agentId: string) {
  const ids = new Set(input.plan.tasks.map(({ id }) => id));
  return {
    async write(name: string, prompt: string): Promise<Draft | null> {
      const accepts = ({ output }: PhaseAnswer) => unfenced(output) !== '';
      const { found, failure } = await askAgent(controls, { name, prompt, agentId, accepts });
      const text = unfenced(found?.output ?? '');
      if (text !== '') return { text, ...taskCitations(text, ids), score: null };
      const isFirst = name === 'synthesize';
      const instead = isFirst ? 'the results are put together by a template' : 'it stays as it was';
      const note = `Agent \`${agentId}\` wrote no answer, so ${instead}: ${failure ?? 'it was empty.'}`;
      controls.note(note, isFirst ? { by: 'offline' } : {});
      return null;
    },
    async judge(name: string, { text }: Draft): Promise<Score | null> {
      const asked = await askForJson(controls, { name, prompt: scorePrompt(input, text), agentId }, readScore);
      if (asked.found) return asked.found;
      controls.note(`Agent \`${agentId}\` gave no score, so the answer has no confidence: ${asked.failure}`);
      return null;
    },
  };
}

/** The draft, or the one written instead of it when it has faults and that one has fewer. */
async function improved(input: SynthesizeInput, first: Draft, ask: Ask): Promise<Draft> {
  const faults = faultsOf(first);
  if (faults.length === 0) return first;
  const second = await ask.write('synthesize-again', synthesizePrompt(input, { answer: first.text, faults }));
  if (second === null) return first;
  if (first.score !== null) second.score = await ask.judge('score-again', second);
  const gain = (second.score?.overall ?? 0) - (first.score?.overall ?? 0);
  return gain > 0 || (gain === 0 && second.unknown.length <= first.unknown.length) ? second : first;
}

function faultsOf({ unknown, score }: Draft): string[] {
  const named = unknown.map((name) => `It names [${name}], and there is no such task.`);
  if (score === null || score.overall >= GOOD_SCORE) return named;
  const { coherence, completeness, grounding, issues } = score;
  const marks = `It scored ${coherence} for coherence, ${completeness} for completeness and ${grounding} for grounding.`;
  return [...named, marks, ...issues];
}

function warning({ coherence, completeness, grounding, overall }: Score): string {
  return `> This answer scores ${overall} of 1 (coherence ${coherence}, completeness ${completeness}, grounding ${grounding}): check it before you rely on it.`;
}

/** The text inside a code fence around the whole of it. */
function unfenced(text: string): string {
  const trimmed = text.trim();
  const inside = /^```(?:markdown|md)?[ \t]*\n([\s\S]*?)\n```$/i.exec(trimmed)?.[1];
  return (inside === undefined || inside.includes('\n```') ? trimmed : inside).trim();
}

const rounded = (value: number) => Math.round(value * 100) / 100;
