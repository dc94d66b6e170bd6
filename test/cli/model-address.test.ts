import { describe, expect, it } from 'vitest';
import { addressedModel, isAddress } from '../../src/cli/model-address.ts';
import { requireKeys, usedAgents } from '../../src/cli/model-keys.ts';
import type { AgentSpec } from '../../src/plan/types.ts';

describe('a model with its address', () => {
  it('is distinguished from the name of one', () => {
    expect(['http://127.0.0.1:1/v1#m', 'HTTPS://x/v1#m', 'llama3.2:1b', 'openai/gpt-5', null].map(isAddress)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it('has the key of its host, and no other host gets it', () => {
    const env = { OPENAI_API_KEY: 'x', SOAR_API_KEY: 'y' };
    const keyOf = (address: string, among: object = env) => addressedModel(address, '--model', { ...among }).apiKeyEnv;
    expect(keyOf('https://api.openai.com/v1#gpt-5-mini')).toBe('OPENAI_API_KEY');
    expect(keyOf('https://api.openai.com/v1#gpt-5-mini', {})).toBe('OPENAI_API_KEY');
    expect(keyOf('https://api.openai.com.example.org/v1#m')).toBe('SOAR_API_KEY');
    expect(keyOf('http://127.0.0.1:11434/v1#m')).toBe('SOAR_API_KEY');
    expect(keyOf('http://127.0.0.1:11434/v1#m', {})).toBeUndefined();
  });

  it.each(['http://127.0.0.1:1/v1', 'http://127.0.0.1:1/v1#', 'http://#m'])('is refused as %j', (text) => {
    expect(() => addressedModel(text, 'SOAR_MODEL', {})).toThrow(
      /^Expected SOAR_MODEL to name a model behind its address/,
    );
  });
});

describe('the keys of models', () => {
  const specs: Record<string, AgentSpec> = {
    sh: { kind: 'command', command: ['sh'] },
    a: { kind: 'model', baseURL: 'http://127.0.0.1:1/v1', model: 'm', apiKeyEnv: 'NO_SUCH_VARIABLE_A' },
    b: { kind: 'model', baseURL: 'http://127.0.0.1:1/v1', model: 'm', apiKeyEnv: 'NO_SUCH_VARIABLE_B' },
    free: { kind: 'model', baseURL: 'http://127.0.0.1:1/v1', model: 'm' },
  };

  it('are all missed at once', () => {
    expect(() => requireKeys(specs, Object.keys(specs))).toThrow(
      'Agent `a`: Model m needs a key in the environment variable NO_SUCH_VARIABLE_A, which is not set.\nAgent `b`: ',
    );
  });

  it('are not missed where nothing uses them', () => {
    const plan = { defaults: { agent: 'sh' }, fallback: 'free', tasks: [{ id: 't', prompt: 'x' }] };
    expect(() => requireKeys(specs, usedAgents(plan, undefined))).not.toThrow();
    expect([...usedAgents(plan, 'a')]).toEqual(['sh', 'a']);
    expect([...usedAgents({ ...plan, tasks: [{ id: 't', prompt: 'x', agent: 'b' }] }, false)]).toEqual(['b']);
  });
});
