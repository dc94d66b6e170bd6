import { describe, expect, it } from 'vitest';
import { modelAgent } from '../../src/agents/ai-sdk/model-agent.ts';
import { commandAgent } from '../../src/node/command/command-agent.ts';
import { cliAgent } from '../../src/node/tools/cli-agent.ts';

describe('an unknown option', () => {
  it.each([
    [() => modelAgent({ model: 'openai/x', maxTokens: 5 } as never), 'modelAgent', 'maxTokens', null],
    [
      () => modelAgent({ model: 'openai/x', maxOutputToken: 5 } as never),
      'modelAgent',
      'maxOutputToken',
      'maxOutputTokens',
    ],
    [() => modelAgent({ model: 'openai/x', sytem: '' } as never), 'modelAgent', 'sytem', 'system'],
    [
      () => commandAgent({ command: ['cat'], maxConcurent: 1 } as never),
      'commandAgent',
      'maxConcurent',
      'maxConcurrent',
    ],
    [() => cliAgent({ tool: 'claude', modle: 'x' } as never), 'cliAgent', 'modle', 'model'],
  ])('is refused with the nearest name: %o', (make, name, unknown, near) => {
    expect(make).toThrow(`Unknown option \`${unknown}\` of \`${name}\`.`);
    if (near) expect(make).toThrow(`Did you mean \`${near}\`?`);
  });

  it('is refused together with all others', () => {
    expect(() => modelAgent({ model: 'openai/x', sytem: '', temprature: 1 } as never)).toThrow(/`sytem`.*`temprature`/);
  });
});
