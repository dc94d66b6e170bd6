import { expect, it } from 'vitest';
import { parseAider } from '../../../../src/node/tools/envelopes/aider.ts';

const FAILED = 'litellm.RateLimitError: AnthropicException - rate_limit_error\nRetrying in 0.2 seconds...\n';
const aider = (stdout: string) => () => parseAider({ stdout, stderr: '', exitCode: 0 } as never);

it('takes what aider says after its own retry for its answer', () => {
  expect(aider(`${FAILED}Done.\n`)()).toMatchObject({ output: expect.stringContaining('Done.') });
  expect(aider(FAILED)).toThrow('RateLimitError');
  expect(aider(`${FAILED}${FAILED}`)).toThrow('RateLimitError');
  expect(aider(`${FAILED}litellm.RateLimitError: no\n`)).toThrow('RateLimitError: no');
});
