import { DATA_RULE, dataBlock } from '../../text/data-block.ts';
import { fairShare, middleCut } from '../../text/middle-cut.ts';
import type { SynthesizeInput } from '../types.ts';
import { answersOf } from './answers.ts';

/** Most characters of all results together, and of one answer that is judged or written anew. */
const RESULT_CHARS = 24_000;
const ANSWER_CHARS = 12_000;
/** How much of a task's own text stands above its result, characters. */
const TASK_CHARS = 200;

/** Asks for the answer, from what the tasks produced. */
export function synthesizePrompt(
  input: SynthesizeInput,
  again?: { answer: string; faults: readonly string[] },
): string {
  const ids = answersOf(input.plan, input.outcomes).answered.map(({ task }) => `[${task.id}]`);
  return [
    'Write the answer to a question from what the tasks below found.',
    dataBlock('question', input.query.trim()),
    resultsOf(input),
    `Rules:
- Begin with the answer itself, then what supports it. Markdown, no heading above it, no word about these rules.
- Say only what the results say. Where they contradict each other or leave a part of the question open, say that.
- After each statement name the tasks it comes from, by id in square brackets: ${ids.join(', ')}. Keep places such as (path:12) as they stand.
- Of a task that failed say what is missing without it.
- ${DATA_RULE}`,
    ...(again
      ? [
          `An earlier answer was refused, because:\n${again.faults.map((fault) => `- ${fault}`).join('\n')}`,
          dataBlock('earlier-answer', middleCut(again.answer, ANSWER_CHARS)),
          'Write the whole answer again, mended.',
        ]
      : []),
  ].join('\n\n');
}

/** Asks how good an answer is, as JSON. */
export function scorePrompt(input: SynthesizeInput, answer: string): string {
  return [
    'Judge an answer to a question by the results it was written from. Be strict, and do not answer the question yourself.',
    dataBlock('question', input.query.trim()),
    resultsOf(input),
    dataBlock('answer', middleCut(answer, ANSWER_CHARS)),
    `Give three marks from 0 to 1:
- coherence: it reads as one answer and does not contradict itself
- completeness: it answers every part of the question that the results can answer, and says what failed or is open
- grounding: each statement stands in a result, and the task it names is the one it comes from
${DATA_RULE}`,
    'Answer with one JSON object and nothing else: {"coherence": number, "completeness": number, "grounding": number, "issues": [what should be mended, a sentence each]}',
  ].join('\n\n');
}

function resultsOf({ plan, outcomes }: SynthesizeInput): string {
  const { settled } = answersOf(plan, outcomes);
  const share = fairShare(
    settled.map(({ output }) => output),
    RESULT_CHARS,
  );
  const blocks = settled.map(({ task, outcome, output }) => {
    const { status, error } = outcome;
    const asked = middleCut(task.prompt.replace(/\s+/g, ' ').trim(), TASK_CHARS);
    const why = error ? `(${error.kind}) ${middleCut(error.message, TASK_CHARS)}` : '';
    const text = status === 'succeeded' ? middleCut(output, share) || '(empty)' : `It has no result. ${why}`.trim();
    return dataBlock('result', text, { task: task.id, status, asked });
  });
  return blocks.join('\n');
}
