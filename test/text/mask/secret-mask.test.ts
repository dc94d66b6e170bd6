import { describe, expect, it } from 'vitest';
import { createSecretMask, maskShapes } from '../../../src/text/mask/secret-mask.ts';

const roundTrip = (env: Record<string, string>, value: string) => {
  const { seal, unmask } = createSecretMask(env);
  const json = seal(JSON.stringify({ value }));
  return {
    stored: (JSON.parse(json) as { value: string }).value,
    back: (JSON.parse(unmask(json)) as { value: string }).value,
  };
};

describe('secrets of the environment', () => {
  it.each(['MY_API_KEY', 'GITHUB_TOKEN', 'APP_SECRET', 'PASSWORD', 'DB_PASSWORD_OLD', 'npm_token'])(
    'leave the name %s behind, and come back by it',
    (name) => {
      const { stored, back } = roundTrip({ [name]: 'correct-horse' }, 'say correct-horse twice: correct-horse');
      expect(stored).toBe(`say «masked:${name}» twice: «masked:${name}»`);
      expect(back).toBe('say correct-horse twice: correct-horse');
    },
  );

  it.each([
    ['HOME', '/home/somebody'],
    ['KEYBOARD', 'qwertzuiop'],
    ['SHORT_KEY', '1234567'],
  ])('do not include %s', (name, value) => {
    expect(roundTrip({ [name]: value }, `a ${value} b`).stored).toBe(`a ${value} b`);
  });

  it('are found whatever characters they have', () => {
    const secret = 'quo"te\\back\nline';
    const { stored, back } = roundTrip({ A_KEY: secret }, `<${secret}>`);
    expect(stored).toBe('<«masked:A_KEY»>');
    expect(back).toBe(`<${secret}>`);
  });

  const odd = `p<ä"s&s/w+rd='x y\\z9`;
  it.each<[string, string]>([
    ['JSON in ASCII alone', JSON.stringify(odd).slice(1, -1).replace('ä', '\\u00e4')],
    [
      'JSON without the signs of HTML',
      JSON.stringify(odd).slice(1, -1).replace('<', '\\u003c').replace('&', '\\u0026'),
    ],
    ['JSON with escaped slashes', JSON.stringify(odd).slice(1, -1).replace('/', '\\/')],
    ['an address in lower case', encodeURIComponent(odd).replace(/%../g, (code) => code.toLowerCase())],
    ['an address as a whole', encodeURI(odd)],
    ['a form', new URLSearchParams({ a: odd }).toString().slice(2)],
    ['HTML', 'p&lt;ä&quot;s&amp;s/w+rd=&#39;x y\\z9'],
    ['hexadecimal', Buffer.from(odd).toString('hex')],
    ['base64 for addresses', Buffer.from(odd).toString('base64url')],
  ])('are masked in %s', (_, form) => {
    expect(createSecretMask({ A_KEY: odd }).mask(`[${form}]`)).toMatch(/^\[«masked»\]$/);
  });

  it.each(['b:', 'bo:', 'bob:'])('are masked in base64 behind %s', (user) => {
    const { mask } = createSecretMask({ A_KEY: 'correct-horse-battery' });
    const encoded = Buffer.from(`${user}correct-horse-battery\n`).toString('base64');
    expect(mask(encoded)).toContain('«masked»');
    expect(mask(encoded).replace('«masked»', '').length).toBeLessThan(10);
  });

  it('are masked whole where one is a part of another', () => {
    expect(roundTrip({ A_KEY: 'abcdefgh', B_KEY: 'abcdefgh-longer' }, 'abcdefgh-longer').stored).toBe('«masked:B_KEY»');
  });

  it('do not come back once the environment has them no more', () => {
    const json = createSecretMask({ A_KEY: 'correct-horse' }).mask('{"value":"correct-horse"}');
    expect(createSecretMask({}).unmask(json)).toBe('{"value":"«masked»"}');
  });
});

describe('credentials of well-known shapes', () => {
  const long = 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8';
  it.each([
    `sk-${long}`,
    `sk-ant-api03-${long}`,
    `sk_live_${long}`,
    `ghp_${long}`,
    `github_pat_${long}`,
    `glpat-${long}`,
    `xoxb-${long}`,
    'AKIAIOSFODNN7EXAMPLE',
    `AIza${long}`,
    `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.${long}`,
  ])('such as %s are masked wherever they stand', (secret) => {
    for (const around of ['', 'key=', '"', '\n', '\t', '(', 'x: ']) {
      const json = JSON.stringify({ value: `${around}${secret}` });
      expect((JSON.parse(maskShapes(json)) as { value: string }).value).toBe(`${around}«masked»`);
    }
  });

  it('include what a bearer bears', () => {
    expect(maskShapes(`Authorization: Bearer ${long}`)).toBe('Authorization: Bearer «masked»');
  });

  it('include private keys, also those cut off', () => {
    const body = `MIIEvQIBADANBg\n${long}`;
    const whole = JSON.stringify({
      a: `-----BEGIN RSA PRIVATE KEY-----\n${body}\n-----END RSA PRIVATE KEY-----`,
      b: 'kept',
    });
    expect(JSON.parse(maskShapes(whole))).toEqual({ a: '«masked»', b: 'kept' });
    const cut = JSON.stringify({ a: `x -----BEGIN PRIVATE KEY-----\n${body}`, b: 'kept' });
    expect(JSON.parse(maskShapes(cut))).toEqual({ a: 'x «masked»', b: 'kept' });
  });

  it.each([
    'curl -H "Authorization: Bearer $GITHUB_TOKEN" example.org',
    'the task-scheduler-of-the-engine, risk-based-prioritisation-of-work',
    'sk-learn-and-other-libraries-of-python',
    'password: see the vault',
  ])('do not include %s', (text) => {
    expect(maskShapes(JSON.stringify(text))).toBe(JSON.stringify(text));
  });
});
