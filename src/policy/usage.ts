import type { Usage, UsageTotals } from '../types.ts';

/** What a report comes to: its total, else its parts; 0 for one that says nothing. */
export function tokensOf({ totalTokens, inputTokens = 0, outputTokens = 0 }: Usage): number {
  return totalTokens ?? inputTokens + outputTokens;
}

/** The sum of what was reported. Attempts that reported nothing count as nothing. */
export function sumUsage(reports: Iterable<Usage | undefined>): UsageTotals {
  const sum: UsageTotals = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
  for (const usage of reports) {
    if (!usage) continue;
    sum.inputTokens += usage.inputTokens ?? 0;
    sum.outputTokens += usage.outputTokens ?? 0;
    sum.totalTokens += tokensOf(usage);
    if (usage.costUsd !== undefined) sum.costUsd = (sum.costUsd ?? 0) + usage.costUsd;
  }
  return sum;
}
