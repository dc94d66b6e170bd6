import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSecretMask, maskOfValues } from '../../../src/text/mask/secret-mask.ts';
import { cpuMsOf } from '../../support/cpu-time.ts';

const SECRETS = ['key-abcabcabd', 'key-xyz-1234'];
const ENV = { A_KEY: 'key-abcabcabd', B_TOKEN: 'correct-horse', C_SECRET: 'abcabdabc' };
const LONG = 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8';

/** Words longer than the context that a stream keeps, so that it begins anywhere in them. */
const FAR = ['x'.repeat(40), '_y'.repeat(40), 'key', 'z'.repeat(159), ' '.repeat(6), 'authorization: Custom'];
const CODES = ['\u001b[31m', '\u001b]0;title token=a\u0007'];

/** What a stream reports a text that comes in these pieces. */
function told(stream: { push(piece: string): string; end(): string }, whole: string, cuts: readonly number[]): string {
  const at = [0, ...cuts.filter((cut) => cut < whole.length).sort((a, b) => a - b), whole.length];
  return (
    at
      .slice(1)
      .map((to, i) => stream.push(whole.slice(at[i], to)))
      .join('') + stream.end()
  );
}

const textOf = (...words: string[]) =>
  fc.array(fc.constantFrom(...words), { maxLength: 12 }).map((all) => all.join(''));
const cutsOf = fc.array(fc.nat(900), { maxLength: 30 });

describe('A text in pieces', () => {
  it('comes out as the whole text would, however it is cut, when values are masked', () => {
    const text = textOf(...SECRETS, 'key-', 'abc', 'abd', ' ', 'k', 'key-abcabcab');
    fc.assert(
      fc.property(text, cutsOf, (whole, cuts) => {
        const { mask, stream } = maskOfValues(SECRETS);
        const shown = told(stream(), whole, cuts);
        expect(shown).toBe(mask(whole));
        for (const secret of SECRETS) expect(shown).not.toContain(secret);
      }),
    );
  });

  it('comes out as the whole text would, however it is cut, when everything is masked', () => {
    const secrets = [...Object.values(ENV), `sk-${LONG}`, `ghp_${LONG}`, `eyJ${LONG}.${LONG}.x`, 'hunter2222'];
    const before = ['DB_PASSWORD=', 'password: ', '"apiKey": "', 'Bearer ', 'https://bob:', '--token ', 'Basic '];
    const after = [
      '@host/',
      '"',
      '\n',
      ' ',
      '.',
      ', ',
      '(',
      'Ym9iOmh1bnRlcjIyMjI=',
      '-----BEGIN PRIVATE KEY-----',
      '-----END PRIVATE KEY-----',
    ];
    const text = textOf(...secrets, ...before, ...after, 'a', 'sk-', 'TOKEN', '=', ':', '/', '-----', ...FAR, ...CODES);
    fc.assert(
      fc.property(text, cutsOf, (whole, cuts) => {
        const { mask, stream } = createSecretMask(ENV);
        expect(told(stream(), whole, cuts)).toBe(mask(whole));
      }),
      { numRuns: 2000, seed: 10 },
    );
  });

  it('is masked when every character comes by itself', () => {
    const { mask, stream } = createSecretMask(ENV);
    const whole = `say correct-horse, DB_PASSWORD=hunter2222 and ghp_${LONG}; https://bob:hunter2222@host/x {"token":"abc12345"}`;
    const every = Array.from(whole, (_, at) => at);
    expect(told(stream(), whole, every)).toBe(mask(whole));
    expect(mask(whole)).toBe(
      'say «masked:B_TOKEN», DB_PASSWORD=«masked» and «masked»; https://bob:«masked»@host/x {"token":"«masked»"}',
    );
  });

  it('is masked where terminal codes stand in the middle of a secret', () => {
    const { mask, stream } = createSecretMask(ENV);
    const whole = `\u001b[1msay \u001b[31mcorrect\u001b[0m-hor\u001b[32mse\u001b[0m now`;
    expect(mask(whole)).toBe('\u001b[1msay \u001b[31m«masked:B_TOKEN»\u001b[0m now');
    for (let cut = 1; cut < whole.length; cut += 1) {
      const shown = told(stream(), whole, [cut]);
      expect(shown).toBe(mask(whole));
    }
  });

  it('is masked where a terminal string in the middle of a secret comes in two pieces', () => {
    const { mask, stream } = createSecretMask(ENV);
    const whole = 'say correct\u001b]0;a title\u0007-horse now';
    expect(mask(whole)).toBe('say «masked:B_TOKEN» now');
    for (let cut = 1; cut < whole.length; cut += 1) expect(told(stream(), whole, [cut])).toBe(mask(whole));
  });

  it('masks no more than the whole text would, wherever the part of a word begins that is kept', () => {
    const { mask, stream } = createSecretMask(ENV);
    for (const word of [`sk-${LONG}`, 'TOKEN', 'bearer ', 'key']) {
      for (let before = 0; before < 300; before += 1) {
        const whole = `${'x'.repeat(before)}${word}${'y1'.repeat(150)}=hunter2222 end`;
        const every = Array.from({ length: 60 }, (_, at) => at * 10);
        expect(told(stream(), whole, every)).toBe(mask(whole));
      }
    }
  });

  it('comes at once where it is not a beginning of a secret', () => {
    const stream = maskOfValues(SECRETS).stream();
    expect([stream.push('a key'), stream.push(' and a keyhole'), stream.push('.')]).toEqual([
      'a ',
      'key and a keyhole',
      '.',
    ]);
    const all = createSecretMask(ENV).stream();
    expect(all.push('compiling 12 of 30 modules\n')).toBe('compiling 12 of 30 modules\n');
  });

  it('masks no secret that is shorter than a word', () => {
    const { mask, stream } = maskOfValues(['none']);
    expect(mask('none of it')).toBe('none of it');
    expect(stream().push('no')).toBe('no');
  });

  it('loses nothing when it is flushed in the middle', () => {
    const stream = createSecretMask({}).stream();
    expect(stream.push('it is sk-')).toBe('it is ');
    expect(stream.isHolding).toBe(true);
    expect(stream.end() + stream.push('learn') + stream.end()).toBe('sk-learn');
  });

  it('takes time that grows with the text, also in short pieces of a secret without end', () => {
    const cpuMs = cpuMsOf(() => {
      for (const unit of ['sk-', 'TOKEN=', 'a', '//a:', '-----BEGIN PRIVATE KEY-----\n']) {
        const stream = createSecretMask(ENV).stream();
        for (let at = 0; at < 20_000; at += 1) stream.push(unit);
        stream.end();
      }
    });
    expect(cpuMs).toBeLessThan(5000);
  });
});
