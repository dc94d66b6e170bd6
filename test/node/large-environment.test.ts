import { expect, it } from 'vitest';
import { startFailure } from '../../src/node/command/process-failure.ts';

const cause = Object.assign(new Error('spawn E2BIG'), { code: 'E2BIG' });
const failure = (env: Record<string, string>, argumentBytes: number) =>
  startFailure({ program: 'cat', cwd: '/', env, argumentBytes, cause });

it('names what the system found too long: the environment or the arguments', async () => {
  expect((await failure({ A: 'x'.repeat(3000) }, 3)).message).toMatch(
    /^The environment of `cat` \(3003 bytes\).*make `env` smaller/,
  );
  expect((await failure({ A: 'x' }, 3000)).message).toMatch(
    /^The arguments of `cat` \(3000 bytes\).*`prompt: 'stdin'`/,
  );
});
