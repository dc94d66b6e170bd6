import type { Assessment } from '../../run/phase-outputs.ts';
import { askForJson } from '../calls/ask-agent.ts';
import type { PhaseControls } from '../controls.ts';
import type { AssessInput } from '../types.ts';
import { assessPrompt } from './assess.prompt.ts';
import { readVerdict } from './assess.schema.ts';
import { assess } from './assess.ts';

/**
 * Confidence of the keyword assessment below which an agent is asked: the score is then within some three points of a
 * threshold, and one word more or less would have decided otherwise.
 */
export const ASK_BELOW_CONFIDENCE = 0.6;

/** How much surer the words are when an agent sees it as they do, and how sure its verdict is against them. */
const AGREED = 0.2;
const OVERRULED = 0.6;

/** The keyword assessment; where it is not sure, an agent's verdict decides. Its score stays that of the words. */
export async function modelAssess(input: AssessInput, controls: PhaseControls, agentId: string): Promise<Assessment> {
  const byWords = assess(input);
  if (byWords.confidence >= ASK_BELOW_CONFIDENCE) return byWords;
  const call = { name: 'assess', prompt: assessPrompt(input.query, byWords), agentId };
  const { found, failure } = await askForJson(controls, call, readVerdict);
  if (found === null) {
    controls.note(`Agent \`${agentId}\` gave no verdict on the question, so its words decide: ${failure}`, {
      by: 'offline',
    });
    return byWords;
  }
  const agrees = found.complexity === byWords.complexity;
  return {
    complexity: found.complexity,
    score: byWords.score,
    confidence: agrees ? Math.round((byWords.confidence + AGREED) * 100) / 100 : OVERRULED,
    reasons: [
      `Agent \`${agentId}\` says ${found.complexity}: ${found.reason || 'no reason given'}`,
      ...byWords.reasons,
    ],
  };
}
