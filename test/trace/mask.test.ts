import { describe, expect, it } from 'vitest';
import { secretsOf } from '../../src/text/credentials.ts';
import { createMask } from '../../src/trace/mask.ts';

describe('masking', () => {
  it.each([
    'sk-live-abcdefghij0123456789',
    'sk-proj-abcdefgh01234567',
    'ghp_abcdefghijklmnopqrstuvwxyz0123456789',
    'github_pat_11ABCDEFG0abcdefghijkl',
    'xoxb-1234567890-abcdef',
    'AKIAIOSFODNN7EXAMPLE',
    'AIzaSyA-abcdefghijklmnopqrstuvwxyz01234',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl',
    '-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----',
  ])('hides %s', (secret) => {
    expect(createMask()(`before ${secret} after`)).toBe('before [masked] after');
  });

  it('hides the value after a telling name, and keeps the name', () => {
    const mask = createMask();
    expect(mask('Authorization: Bearer abcdefgh12345')).toBe('Authorization: Bearer [masked]');
    expect(mask('MY_API_KEY=abcd1234 next')).toBe('MY_API_KEY=[masked] next');
    expect(mask('DB_PASSWORD="hunter22"')).toBe('DB_PASSWORD="[masked]"');
    expect(mask('postgres://me:hunter22@db/x')).toBe('postgres://me:[masked]@db/x');
  });

  it('hides the values it was given, longest first', () => {
    expect(createMask(['abcdef', 'abcdef-ghi'])('abcdef-ghi abcdef')).toBe('[masked] [masked]');
  });

  it('leaves ordinary text alone', () => {
    const text =
      'const token = nextToken(); use sk-learn-compatible-estimators. The token count of task-1234 was 512; see https://example.org/a:b and the key points.';
    expect(createMask(['a', 'abc'])(text)).toBe(text);
  });

  it('finds the secrets of an environment by the names of its variables', () => {
    const env = {
      OPENAI_API_KEY: 'one-and-one',
      GH_TOKEN: 'twotwotwotwo',
      DB_PASSWORD: 'threefold',
      PATH: '/usr/bin/',
      A_KEY: '',
    };
    expect([...secretsOf(env)]).toEqual([
      ['GH_TOKEN', 'twotwotwotwo'],
      ['OPENAI_API_KEY', 'one-and-one'],
      ['DB_PASSWORD', 'threefold'],
    ]);
  });
});
