import * as z from 'zod/v4/mini';
import { toIssues } from '../../errors/zod-issues.ts';
import type { Complexity } from '../../run/result.ts';
import type { Read } from '../calls/ask-agent.ts';

const verdictSchema = z.object({
  complexity: z.pipe(z.string().check(z.trim(), z.toLowerCase()), z.enum(['simple', 'medium', 'complex', 'critical'])),
  reason: z.nullish(z.string()),
});

/** Reads a model's verdict on a question. */
export function readVerdict(value: unknown): Read<{ complexity: Complexity; reason: string }> {
  const checked = verdictSchema.safeParse(value);
  if (checked.success) {
    const { complexity, reason } = checked.data;
    return { value: { complexity, reason: reason?.replace(/\s+/g, ' ').trim() ?? '' } };
  }
  return { faults: toIssues(checked.error.issues, { subject: 'The verdict', value }).map(({ message }) => message) };
}
