import * as z from 'zod/v4/mini';
import { toIssues } from '../../errors/zod-issues.ts';
import type { Read } from '../calls/ask-agent.ts';

const mark = z.number().check(z.minimum(0), z.maximum(1));
const scoreSchema = z.object({
  coherence: mark,
  completeness: mark,
  grounding: mark,
  issues: z.nullish(z.array(z.string())),
});

/** How good an answer is, 0..1 each. */
export interface Score {
  coherence: number;
  completeness: number;
  grounding: number;
  /** Mean of the three; a mean that the judge itself gives is not looked at. */
  overall: number;
  issues: string[];
}

export function readScore(value: unknown): Read<Score> {
  const checked = scoreSchema.safeParse(value);
  if (!checked.success) {
    return { faults: toIssues(checked.error.issues, { subject: 'The score', value }).map(({ message }) => message) };
  }
  const { coherence, completeness, grounding, issues } = checked.data;
  const overall = Math.round(((coherence + completeness + grounding) / 3) * 1000) / 1000;
  return { value: { coherence, completeness, grounding, overall, issues: issues ?? [] } };
}
