import { describe, expect, it } from 'vitest';
import { AgentError } from '../../../src/errors/agent-error.ts';
import { assess } from '../../../src/phases/assess/assess.ts';
import { ASK_BELOW_CONFIDENCE, modelAssess } from '../../../src/phases/assess/model-assess.ts';
import { phaseControls, type Scripted } from '../../support/phase-controls.ts';

/** Its words put it right beside a threshold. */
const UNSURE = 'How does the breaker decide to open?';
const SURE = 'implement user authentication with oauth';

async function run(query: string, script: Record<string, Scripted> = {}) {
  const controls = phaseControls(script);
  return { controls, assessment: await modelAssess({ query }, controls, 'llm') };
}

describe('modelAssess', () => {
  it('asks no agent when the words are sure', async () => {
    const { controls, assessment } = await run(SURE);
    expect(controls.names).toEqual([]);
    expect(assessment).toEqual(assess({ query: SURE }));
    expect(assess({ query: UNSURE }).confidence).toBeLessThan(ASK_BELOW_CONFIDENCE);
  });

  it('takes the verdict of the agent when they are not, and keeps the score', async () => {
    const { controls, assessment } = await run(UNSURE, {
      assess: 'I think {"complexity":" Critical","reason":"Why not"}',
    });
    const byWords = assess({ query: UNSURE });
    expect(assessment).toMatchObject({ complexity: 'critical', score: byWords.score, confidence: 0.6 });
    expect(assessment.reasons[0]).toBe('Agent `llm` says critical: Why not');
    expect(controls.calls[0]?.prompt).toContain(`<question>\n${UNSURE}\n</question>`);
  });

  it('is surer when both agree', async () => {
    const { complexity, confidence } = assess({ query: UNSURE });
    const { assessment } = await run(UNSURE, { assess: JSON.stringify({ complexity }) });
    expect(assessment).toMatchObject({ complexity, confidence: Math.round((confidence + 0.2) * 100) / 100 });
  });

  it('has an invalid verdict repaired', async () => {
    const { controls, assessment } = await run(UNSURE, {
      assess: '{"complexity":"hard"}',
      'assess-repair': '{"complexity":"complex"}',
    });
    expect(controls.calls[1]?.prompt).toContain('got `hard`');
    expect(assessment.complexity).toBe('complex');
  });

  it.each<[string, Record<string, Scripted>]>([
    ['stays unusable', { assess: 'hard', 'assess-repair': 'very hard' }],
    ['fails', { assess: new AgentError('connection', 'Nobody there.') }],
  ])('goes by the words, and says so, when the agent %s', async (_, script) => {
    const { controls, assessment } = await run(UNSURE, script);
    expect(assessment).toEqual(assess({ query: UNSURE }));
    expect(controls.notes).toEqual([expect.stringContaining('its words decide')]);
  });
});
