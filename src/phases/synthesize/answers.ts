import { lastAttemptError } from '../../errors/last-attempt-error.ts';
import type { Source } from '../../run/result.ts';
import { type Citation, citationsIn } from '../../text/citations.ts';
import type { Passage } from '../../types/passage.ts';
import type { TaskOutcome } from '../../types/task.ts';
import type { SynthesizeInput } from '../types.ts';

export type PlannedTask = SynthesizeInput['plan']['tasks'][number];

/** A task with what it came to. */
export interface Answered {
  task: PlannedTask;
  outcome: TaskOutcome;
  output: string;
}

/** The tasks of a plan with their outcomes, joined by id and in the plan's order; and those of them that found something. */
export function answersOf(
  plan: SynthesizeInput['plan'],
  outcomes: readonly TaskOutcome[],
): { settled: Answered[]; answered: Answered[] } {
  const byId = new Map(outcomes.map((outcome) => [outcome.taskId, outcome]));
  const settled = plan.tasks.flatMap((task) => {
    const outcome = byId.get(task.id);
    return outcome ? [{ task, outcome, output: outcome.output.trim() }] : [];
  });
  const answered = settled.filter(({ outcome, output }) => outcome.status === 'succeeded' && output !== '');
  return { settled, answered };
}

/** Failures and their reasons, as a section of an answer; empty when nothing did. */
export function failuresOf({ tasks }: SynthesizeInput['plan'], outcomes: readonly TaskOutcome[]): string {
  const byId = new Map(outcomes.map((outcome) => [outcome.taskId, outcome]));
  const lines = tasks.flatMap((task) => {
    const outcome = byId.get(task.id);
    if (!outcome) return [`- ${task.id}: it has no outcome`];
    if (outcome.status === 'succeeded') return [];
    const { status, error } = outcome;
    const why = error ? ` (${error.kind}): ${error.message}${lastAttemptError(outcome)}` : '';
    return [`- ${task.id}: ${status}${why}`.replace(/\s+/g, ' ').trim()];
  });
  return lines.length === 0 ? '' : `### What failed\n${lines.join('\n')}`;
}

/** Citations into a retrieved passage, once each, under the first task of the plan that has them. */
export function sourcesOf(answered: readonly Answered[], passages: readonly Passage[]): Source[] {
  const sources = new Map<string, Source>();
  for (const { task, output } of answered) {
    for (const citation of citationsIn(output)) {
      const key = `${citation.path}:${citation.startLine}-${citation.endLine}`;
      if (sources.has(key) || !passages.some((passage) => holds(passage, citation))) continue;
      sources.set(key, { taskId: task.id, ...citation });
    }
  }
  return [...sources.values()];
}

function holds(passage: Passage, { path, startLine, endLine }: Citation): boolean {
  return passage.path === path && startLine <= endLine && startLine >= passage.startLine && endLine <= passage.endLine;
}
