import { moneyText, tokensText } from './spans.ts';
import { type RunTrack, type TaskTrack, type Usage, usageOf } from './tracks.ts';

/** What a run has used by a record, of every attempt that told it; null when none did. */
export function usageAt(run: RunTrack, seq: number): Usage | null {
  let sum: Required<Pick<Usage, 'inputTokens' | 'outputTokens' | 'totalTokens'>> & { costUsd?: number } = {
    inputTokens: 0,
    outputTokens: 0,
    totalTokens: 0,
  };
  let isTold = false;
  const add = (usage: Usage | undefined) => {
    if (!usage) return;
    isTold = true;
    const { inputTokens = 0, outputTokens = 0, totalTokens = inputTokens + outputTokens, costUsd } = usage;
    sum = {
      inputTokens: sum.inputTokens + inputTokens,
      outputTokens: sum.outputTokens + outputTokens,
      totalTokens: sum.totalTokens + totalTokens,
      ...(costUsd === undefined && sum.costUsd === undefined ? {} : { costUsd: (sum.costUsd ?? 0) + (costUsd ?? 0) }),
    };
  };
  const each = ({ actor, settled }: TaskTrack) => {
    if (settled && settled.seq <= seq) for (const { usage } of settled.attempts) add(usage);
    else for (const move of actor?.moves ?? []) if (move.seq <= seq) add(usageOf(move));
  };
  for (const task of run.tasks) each(task);
  for (const call of run.calls.values()) each(call);
  return isTold ? sum : null;
}

/** `1,200 in, 90 out, $0.18`: as much as is known. */
export function usageText({ inputTokens, outputTokens, totalTokens, costUsd }: Usage): string {
  const parts = [
    inputTokens === undefined ? null : `${tokensText(inputTokens)} in`,
    outputTokens === undefined ? null : `${tokensText(outputTokens)} out`,
    inputTokens === undefined && outputTokens === undefined && totalTokens !== undefined
      ? tokensText(totalTokens)
      : null,
    costUsd === undefined ? null : moneyText(costUsd),
  ];
  return parts.filter((part) => part !== null).join(', ');
}
