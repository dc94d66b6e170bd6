import { describe, expect, it } from 'vitest';
import { createSecretMask } from '../../../src/text/mask/secret-mask.ts';
import { cpuMsOf } from '../../support/cpu-time.ts';

const { mask } = createSecretMask({});
const LONG = 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8';
const M = '«masked»';

describe('A secret is recognised', () => {
  it.each([
    ['DB_PASSWORD=hunter2222', `DB_PASSWORD=${M}`],
    ['DB_PASSWORD=correcthorse and more', `DB_PASSWORD=${M} and more`],
    ['export MY_API_KEY="abcd1234"; go', `export MY_API_KEY="${M}"; go`],
    ['Use A_TOKEN=secretvalue.', `Use A_TOKEN=${M}.`],
    ['SMTP_PASS=hunter2222', `SMTP_PASS=${M}`],
    ['PGPASSWORD=hunter2222 psql', `PGPASSWORD=${M} psql`],
    ['password: hunter2222', `password: ${M}`],
    ['password = "correcthorse"', `password = "${M}"`],
    ['{"password": "correcthorse", "user": "bob"}', `{"password": "${M}", "user": "bob"}`],
    [String.raw`{"a":"{\"password\":\"hunter2222\"}"}`, String.raw`{"a":"{\"password\":\"«masked»\"}"}`],
    [String.raw`line\nDB_PASSWORD=correcthorse\nnext`, String.raw`line\nDB_PASSWORD=«masked»\nnext`],
    ['{"apiKey":"abc123456"}', `{"apiKey":"${M}"}`],
    ["client_secret='abcdefghij'", `client_secret='${M}'`],
    ['x-api-key: abc123456', `x-api-key: ${M}`],
    ['?access_token=abc123456&x=1', `?access_token=${M}&x=1`],
    ['run --token abc123456 now', `run --token ${M} now`],
    ['run --password=hunter2222', `run --password=${M}`],
    ['<password>hunter2222</password>', `<password>${M}</password>`],
    ['//registry.npmjs.org/:_authToken=abcdef12345', `//registry.npmjs.org/:_authToken=${M}`],
    ['https://bob:hunter2222@example.org/x', `https://bob:${M}@example.org/x`],
    ['postgres://me:p@ss@db/x', `postgres://me:${M}@db/x`],
    ['redis://:hunter2222@db', `redis://:${M}@db`],
    ['https://ghp_x@github.com/a/b', `https://${M}@github.com/a/b`],
    [`https://x-access-token:ghs_${LONG}@github.com`, `https://x-access-token:${M}@github.com`],
    ['Authorization: Bearer abcdefgh12345', `Authorization: Bearer ${M}`],
    ['authorization: Token abc123456789', `authorization: Token ${M}`],
    ['Authorization: Basic Ym9iOmh1bnRlcjIyMjI=', `Authorization: Basic ${M}`],
    ['-H "Authorization: Basic Ym9iOmh1bnRlcg"', `-H "Authorization: Basic ${M}"`],
    ['Cookie: session=abc123456', `Cookie: ${M}`],
    [`a ghp_${LONG} b`, `a ${M} b`],
    ['-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- after', `${M} after`],
  ])('in %s', (text, masked) => {
    expect(mask(text)).toBe(masked);
    expect(mask(masked)).toBe(masked);
  });

  it.each([
    'const token = nextToken(); use sk-learn-compatible-estimators. The token count of task-1234 was 512; see https://example.org/a:b and the key points.',
    'max_tokens=4096',
    'TOKEN_COUNT=12',
    'TOKEN_COUNT=123456789012',
    'inputTokens: 123456789',
    'password: see the vault',
    'password: string',
    'API_KEY: string of the service',
    '"token": "nextToken"',
    'const { password } = request.body;',
    'password: request.body.password1',
    'apiKey: process.env.OPENAI_API_KEY2',
    'token = getToken2(request)',
    'token == expected1234',
    'MY_TOKEN=$GITHUB_TOKEN',
    `MY_TOKEN=$${'{{ secrets.TOKEN_2 }}'}`,
    'API_KEY=<your key here>',
    'API_KEY=xxxxxxxxxxxx',
    'primaryKey: customer_id_2',
    'cache_key=3f5ac0b1d2e3f4a5b6c7d8e9f0a1b2c3d4e5f6a7',
    'commit 3f5ac0b1d2e3f4a5b6c7d8e9f0a1b2c3d4e5f6a7',
    'git@github.com:owner/name.git',
    'ssh://git@github.com/owner/name',
    'http://localhost:8080/@scope/name',
    'https://bob@example.org',
    'Basic authentication is off; the bearer of this letter',
    'curl -H "Authorization: Bearer $GITHUB_TOKEN" example.org',
    'the task-scheduler-of-the-engine, risk-based-prioritisation-of-work',
    'The password policy: at least 12 characters',
    'it succeeded, as 3 of 3 did',
    'key: 12345678',
    'monkey=banana1234',
  ])('and is not in %s', (text) => {
    expect(mask(text)).toBe(text);
  });
});

describe('A secret of the environment', () => {
  it.each([
    ['percent-encoded', (secret: string) => encodeURIComponent(secret)],
    ['in JSON', (secret: string) => JSON.stringify(secret).slice(1, -1)],
    ['in JSON in JSON', (secret: string) => JSON.stringify(JSON.stringify(secret)).slice(3, -3)],
    ['in base64', (secret: string) => btoa(secret)],
  ])('is masked %s', (_, form) => {
    const secret = 'quo"te /back\\slash & co';
    expect(createSecretMask({ A_KEY: secret }).mask(`<${form(secret)}>`)).not.toContain(form(secret));
  });

  it('comes back from the store only as what it was', () => {
    const { seal, unmask } = createSecretMask({ A_KEY: 'a/b/c/d/e/f' });
    const json = seal(JSON.stringify({ text: 'a/b/c/d/e/f and a%2Fb%2Fc%2Fd%2Fe%2Ff' }));
    expect(JSON.parse(json)).toEqual({ text: '«masked:A_KEY» and «masked»' });
    expect(JSON.parse(unmask(json))).toEqual({ text: 'a/b/c/d/e/f and «masked»' });
  });

  it('is the password in the address of a database', () => {
    const { mask: hide } = createSecretMask({ DATABASE_URL: 'postgres://me:hunter%402222@db/x' });
    expect(hide('hunter%402222 or hunter@2222')).toBe(`${M} or ${M}`);
    expect(createSecretMask({ DATABASE_URL: 'postgres://postgres:postgres@db' }).mask('use postgres')).toBe(
      'use postgres',
    );
  });

  it('is masked line by line', () => {
    const { mask: hide } = createSecretMask({ A_KEY: `first-line-of-a-key\nsecond-line-of-a-key` });
    expect(hide('x second-line-of-a-key')).toBe(`x ${M}`);
  });
});

describe('A member whose key speaks of a secret', () => {
  it('is masked among what others made up, and stays where it only refers to one', () => {
    const { maskJson } = createSecretMask({});
    const env = { DB_PASSWORD: 'correct horse', A_TOKEN: '$OTHER_TOKEN', PATH: '/usr/bin', SHORT_KEY: '1234567' };
    expect(JSON.parse(maskJson(JSON.stringify({ env })))).toEqual({ env: { ...env, DB_PASSWORD: M } });
  });
});

describe('Masking takes time that grows with the text', () => {
  const MEGABYTE = 1_000_000;
  const env = Object.fromEntries(
    Array.from({ length: 5000 }, (_, at) => [`N${at}_TOKEN`, `sk-proj-common-prefix-${at}-${'x'.repeat(at % 50)}`]),
  );
  const many = createSecretMask(env);
  many.mask('once');

  it.each([
    ...[
      'sk-',
      'sk-1',
      'eyJ-',
      'eyJaaaaaaaa.',
      'ghp_',
      'xoxb-',
      'AKIA',
      'a.',
      'Bearer ',
      'Basic ',
      'Bearer\n',
      'bearer',
    ],
    ...[
      '-----BEGIN ',
      '-----BEGIN PRIVATE KEY-----',
      '-----',
      'https://a:',
      'https://a:b@',
      '//',
      '//a@',
      'a',
      ' ',
      '\n',
    ],
    ...[
      'token=',
      'TOKEN=',
      'TOKEN="',
      'token: ',
      "key='",
      'password',
      'password="a ',
      'key',
      'K_',
      '--token ',
      '"\\',
      '\\',
    ],
    ...[
      'authorization: ',
      'Cookie: a',
      '<password>',
      'sk-proj-common-prefix-',
      'x',
      '=',
      '@',
      ':',
      '«masked',
      '\u0000',
    ],
  ])('%j over and over', (unit) => {
    const text = `${unit.repeat(MEGABYTE / unit.length)}x=`;
    expect(cpuMsOf(() => many.mask(text))).toBeLessThan(3000);
  });
});
