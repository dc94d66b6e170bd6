import { AgentError } from '../../src/errors/agent-error.ts';
import { classifyText, createPatternScanner } from '../../src/errors/classify.ts';
import { parseResetTime } from '../../src/errors/reset-time.ts';
import { parseRetryAfterMs } from '../../src/errors/retry-after.ts';
import { parseAider } from '../../src/node/tools/envelopes/aider.ts';
import { createJsonLines } from '../../src/node/tools/envelopes/json-lines.ts';
import { createSecretMask } from '../../src/text/mask/secret-mask.ts';
import type { Scanner } from './foreign-scanners.ts';
import { of, type Shape } from './hostile-shapes.ts';

const FAILURES: readonly Shape[] = [
  ...of(
    'error: ',
    '429 ',
    'rate limit ',
    'retry-after: ',
    'resets ',
    'wait ',
    'in 1m',
    '1m ',
    'status (',
    'model not ',
    'exceeded ',
  ),
  ...of('try again at ', 'HTTP ', '✗ ', 'limit reached|', 'until ', 'unexpected token ', '1.', 'resets 5pm (Europe/'),
  { unit: ' ', before: 'rate limited, wait', after: 'x' },
  { unit: ' ', before: 'retry-after', after: 'x' },
  { unit: ' ', before: 'resets at', after: 'x' },
  { unit: '1m ', before: 'retry in ', after: 'x' },
  { unit: ' ', before: 'api error', after: 'x' },
];

const SECRETS: readonly Shape[] = [
  ...of(
    'sk-',
    'eyJ-',
    'eyJ',
    'ghp_',
    'Bearer ',
    'bearer\t',
    'AKIA',
    'xoxb-',
    'a.',
    'a+',
    'a://',
    'a://b:',
    'A_',
    '_KEY=',
    'API_KEY=x ',
  ),
  ...of(
    '-----BEGIN PRIVATE KEY-----',
    '-----BEGIN ',
    '@',
    'password: ',
    'token ',
    '«masked',
    '«masked:',
    '\\n',
    'sk-1',
    'eyJa.',
  ),
  { unit: 'a', before: 'https://', after: '@' },
  { unit: 'a.', after: 'x=' },
];

function aider(text: string): void {
  try {
    parseAider({ stdout: text, stderr: '', exitCode: 0 });
  } catch (error) {
    if (!AgentError.isInstance(error)) throw error;
  }
}

function events(text: string): void {
  const ignored = () => undefined;
  const lines = createJsonLines({ types: new Set(['x']), onEvent: ignored, onText: ignored });
  lines.push(`{"type":"x"}\n${text}`);
  lines.push(`\n{"type":"x","text":"${text}`);
  lines.end();
}

const { mask, maskJson, seal, unmask } = createSecretMask({ API_KEY: 'abcdefgh1234', OTHER_TOKEN: 'aaaaaaaaaaaa' });

/** Scanners of what tools print, and of secrets. */
export const TOOL_SCANNERS: readonly Scanner[] = [
  { name: 'the kind of a failure', scan: classifyText, shapes: FAILURES },
  {
    name: 'when to come back',
    scan: (text) => [parseRetryAfterMs(text, 0), parseResetTime(text, 0)],
    shapes: FAILURES,
  },
  { name: 'stderr while it comes', scan: (text) => createPatternScanner().push(text), shapes: FAILURES },
  {
    name: 'the text of aider',
    scan: aider,
    shapes: of('Added ', ' to the chat', 'litellm.', 'Tokens: 1', 'Model: x\n', ' \n'),
  },
  {
    name: 'lines of events of a tool',
    scan: events,
    shapes: of('{"type":"', '{"type":"x",', '\u001b]', '\u001b[', '[debug] {', '{"a":[', '\\"'),
  },
  { name: 'secrets in a text', scan: mask, shapes: SECRETS },
  {
    name: 'secrets in JSON',
    scan: (text) => [maskJson(JSON.stringify({ text })), unmask(seal(JSON.stringify({ text })))],
    shapes: SECRETS,
  },
];
