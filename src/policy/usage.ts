import type { Usage, UsageTotals } from '../types/usage.ts';
import type { Price } from './budget.ts';

/** Tokens of a report: its total, else the sum of its parts; 0 for an empty report. */
export function tokensOf({ totalTokens, inputTokens = 0, outputTokens = 0 }: Usage): number {
  return totalTokens ?? inputTokens + outputTokens;
}

const COUNTS = ['inputTokens', 'cachedInputTokens', 'outputTokens', 'totalTokens', 'costUsd'] as const;

/**
 * Reported usage without invalid counts: a value that is not a number would spoil every later sum, and no budget
 * would ever be spent. Undefined when nothing is left.
 */
export function readUsage(reported: unknown): Usage | undefined {
  if (typeof reported !== 'object' || reported === null) return undefined;
  const usage: Usage & Record<string, unknown> = { ...reported };
  for (const name of COUNTS) if (!isCount(usage[name])) delete usage[name];
  return Object.keys(usage).length > 0 ? usage : undefined;
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

/** Sum of the reported usage. Attempts without a report add nothing. */
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

/** Sum of their usage; undefined when none reported any. */
export function usageOf(attempts: readonly { usage?: Usage }[]): Usage | undefined {
  let sum: Record<string, number> | undefined;
  for (const { usage } of attempts) {
    for (const [name, count] of Object.entries(usage ?? {})) {
      if (typeof count !== 'number') continue;
      sum ??= {};
      sum[name] = (sum[name] ?? 0) + count;
    }
  }
  return sum as Usage | undefined;
}

const TOKENS = ['inputTokens', 'cachedInputTokens', 'outputTokens', 'totalTokens'] as const;

/**
 * Usage since then, of counters that continue over several attempts. If any counter is lower than before, they started anew, and
 * stand as they are.
 */
export function usageSince(total: Usage, before: Usage): Usage {
  if (TOKENS.some((name) => (total[name] ?? 0) < (before[name] ?? 0))) return total;
  const since: Usage = { ...total };
  for (const name of TOKENS) if (total[name] !== undefined) since[name] = total[name] - (before[name] ?? 0);
  return since;
}

const PER_MILLION = 1_000_000;

/** A report with what it cost: as the agent says, else by its price. Unchanged when neither is known. */
export function priced(usage: Usage, price: Price | null): Usage {
  if (usage.costUsd !== undefined || !price) return usage;
  const { inputTokens, outputTokens, totalTokens, cachedInputTokens = 0 } = usage;
  // A total alone cannot be split: all of it counts as the dearer kind.
  const isSplit = inputTokens !== undefined || outputTokens !== undefined;
  const { inputPerMillion, outputPerMillion, cachedInputPerMillion = inputPerMillion } = price;
  if (!isSplit) {
    if (totalTokens === undefined) return usage;
    return { ...usage, costUsd: (totalTokens * Math.max(inputPerMillion, outputPerMillion)) / PER_MILLION };
  }
  const cached = Math.min(cachedInputTokens, inputTokens ?? 0);
  const fresh = (inputTokens ?? 0) - cached;
  const cost = fresh * inputPerMillion + cached * cachedInputPerMillion + (outputTokens ?? 0) * outputPerMillion;
  return { ...usage, costUsd: cost / PER_MILLION };
}
