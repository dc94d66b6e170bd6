import { describe, expect, it } from 'vitest';
import { NO_ANSWER } from '../../src/agents/extractive.ts';
import { outlineAgent } from '../../src/agents/outline.ts';
import type { Passage } from '../../src/types/passage.ts';
import { fakeControls, fakeRequest } from '../support/fake-controls.ts';

const passage = (path: string, text: string, score: number, startLine = 1): Passage => ({
  id: `${path}:${startLine}`,
  path,
  startLine,
  endLine: startLine + text.split('\n').length - 1,
  text,
  score,
});
const outline = (passages: Passage[]) =>
  outlineAgent().run(fakeRequest({ prompt: 'Where are leases granted?', passages }), fakeControls());

describe('outlineAgent', () => {
  it('lists files by relevance with their roles', () => {
    const passages = [
      passage('docs/gate.md', '# Leases\nSome text.', 2, 7),
      passage('src/gate.ts', '/** Opens. */\nexport const a = 1;\n/** Grants leases. */\nexport const grant = 1;', 5),
    ];
    expect(outline(passages)).toBe(
      '- `src/gate.ts`: `grant`, Grants leases. (src/gate.ts:3)\n- `docs/gate.md`: section "Leases" (docs/gate.md:7)',
    );
  });

  it('names what a file declares when it says nothing about itself', () => {
    expect(outline([passage('src/a.ts', 'const one = 1;\nconst two = 2;', 1, 4)])).toBe(
      '- `src/a.ts`: declares `one`, `two` (src/a.ts:4)',
    );
  });

  it('says so when there is nothing to list', () => {
    expect(outline([])).toBe(NO_ANSWER);
  });
});
