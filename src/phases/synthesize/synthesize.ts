import type { Synthesis } from '../../run/phase-outputs.ts';
import type { TaskOutcome } from '../../types/task.ts';
import type { SynthesizeInput } from '../types.ts';
import { answersOf, failuresOf, type PlannedTask, sourcesOf } from './answers.ts';

const MAX_TITLE = 120;

/**
 * Puts the answer together without a model: the output of every task that succeeded, under its question when there are
 * several, then what failed. Sources are the citations that point into a retrieved passage. It judges nothing, so there is
 * no confidence.
 */
export function synthesize({ plan, outcomes, passages }: SynthesizeInput): Synthesis {
  const { answered } = answersOf(plan, outcomes);
  const isSingle = plan.tasks.length === 1;
  if (foundNothing(outcomes)) return { answer: 'Nothing was found.', sources: [] };
  const sections = [
    answered.length === 0 ? 'No task succeeded, so there is no answer.' : '',
    ...answered.map(({ task, output }) => (isSingle ? output : `### ${titleOf(task)}\n${output}`)),
    failuresOf(plan, outcomes),
  ];
  return {
    answer: sections.filter((section) => section !== '').join('\n\n'),
    sources: sourcesOf(answered, passages),
  };
}

/** Whether every task of a question ended without finding anything. */
export function foundNothing(outcomes: readonly TaskOutcome[]): boolean {
  return outcomes.length > 0 && outcomes.every(({ error }) => error?.kind === 'not_found');
}

function titleOf({ id, prompt }: PlannedTask): string {
  const line = prompt.split('\n').find((text) => text.trim() !== '') ?? id;
  const title = line.trim();
  return title.length > MAX_TITLE ? `${title.slice(0, MAX_TITLE - 1).trimEnd()}…` : title;
}
