import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { masked, maskedStream } from '../../src/agents/ai-sdk/masked-stream.ts';

const SECRETS = ['key-abcabcabd', 'key-xyz-1234'];

describe('a text in pieces', () => {
  it('comes out as the whole text would, however it is cut', () => {
    const word = fc.constantFrom(...SECRETS, 'key-', 'abc', 'abd', ' ', 'k', 'key-abcabcab');
    const text = fc.array(word, { maxLength: 12 }).map((words) => words.join(''));
    fc.assert(
      fc.property(text, fc.array(fc.nat(60), { maxLength: 8 }), (whole, cuts) => {
        const stream = maskedStream(SECRETS);
        const at = [0, ...cuts.filter((cut) => cut < whole.length).sort((a, b) => a - b), whole.length];
        const shown = at.slice(1).map((to, i) => stream.push(whole.slice(at[i], to)));
        shown.push(stream.end());
        expect(shown.join('')).toBe(masked(whole, SECRETS));
        for (const secret of SECRETS) expect(shown.join('')).not.toContain(secret);
      }),
    );
  });

  it('holds nothing back that is no beginning of a secret', () => {
    const stream = maskedStream(SECRETS);
    expect([stream.push('a key'), stream.push(' and a keyhole'), stream.push('.')]).toEqual([
      'a ',
      'key and a keyhole',
      '.',
    ]);
  });

  it('knows no secret that is shorter than a word', () => {
    expect(masked('none of it', ['none'])).toBe('none of it');
    expect(maskedStream(['none']).push('no')).toBe('no');
  });
});
