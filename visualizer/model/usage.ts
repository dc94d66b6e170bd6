import { lastAt, type Move, type TaskTrack } from '../../src/trace/replay/tracks.ts';
import type { RecordOf } from '../../src/trace/trace.schema.ts';
import { moneyText, tokensText } from './spans.ts';

export type Usage = NonNullable<RecordOf<'task.settled'>['attempts'][number]['usage']>;

/** Usage of an attempt that ended with a move. */
export function usageOf({ event, data }: Move): Usage | undefined {
  return event === 'attempt.ended' ? (data?.usage as Usage | undefined) : undefined;
}

/** Usage of a task's attempts up to a record; null when none was reported. */
export function usageOfTask({ actor, settled }: TaskTrack, seq: number): Usage | null {
  if (settled && settled.seq <= seq) return usageSum(settled.attempts.map(({ usage }) => usage));
  const moves = actor?.moves.slice(0, lastAt(actor.moves, seq) + 1) ?? [];
  return usageSum(moves.map(usageOf));
}

/** Null when there is nothing to add up. */
export function usageSum(usages: Iterable<Usage | null | undefined>): Usage | null {
  let sum: Required<Pick<Usage, 'inputTokens' | 'outputTokens' | 'totalTokens'>> & { costUsd?: number } = {
    inputTokens: 0,
    outputTokens: 0,
    totalTokens: 0,
  };
  let isTold = false;
  for (const usage of usages) {
    if (!usage) continue;
    isTold = true;
    const { inputTokens = 0, outputTokens = 0, totalTokens = inputTokens + outputTokens, costUsd } = usage;
    sum = {
      inputTokens: sum.inputTokens + inputTokens,
      outputTokens: sum.outputTokens + outputTokens,
      totalTokens: sum.totalTokens + totalTokens,
      ...(costUsd === undefined && sum.costUsd === undefined ? {} : { costUsd: (sum.costUsd ?? 0) + (costUsd ?? 0) }),
    };
  }
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
