import { describe, expect, it } from 'vitest';
import type { RunFlags } from '../../src/cli/flags.ts';
import { resolveAsk, resolveRun } from '../../src/cli/resolve-run.ts';
import { toolChoice } from '../../src/cli/tool-agent.ts';
import type { LoadedConfig } from '../../src/node/config/config.ts';
import type { AgentSpec, Plan } from '../../src/plan/types.ts';

const sh: AgentSpec = { kind: 'command', command: ['bash', '-c', '{{prompt}}'] };
const claude: AgentSpec = { kind: 'cli', tool: 'claude', args: ['--verbose'] };
const nothing: LoadedConfig = { path: null, specs: {}, agents: {} };
const tasks = [{ id: 'a', prompt: 'x' }];

function resolved(plan: Partial<Plan>, config: Partial<LoadedConfig> = {}, flags: RunFlags = {}, env = {}) {
  return resolveRun({ tasks, ...plan }, { ...nothing, ...config }, flags, toolChoice(flags, env));
}

describe('what a run is made of', () => {
  it('takes the agents of plan and configuration, the plan winning', () => {
    const { plan, specs } = resolved({ agents: { sh } }, { specs: { sh: claude, claude } });
    expect(specs).toEqual({ sh, claude });
    expect(plan.agents).toEqual({ sh });
  });

  it('names the default agent by flag, plan, environment, configuration, in this order', () => {
    const config = { specs: { sh, other: sh }, defaults: { agent: 'sh' } };
    const plan = { defaults: { agent: 'other' } };
    const agentOf = (...given: Parameters<typeof resolved>) => resolved(...given).plan.defaults?.agent;
    expect(agentOf({}, config)).toBe('sh');
    expect(agentOf(plan, config)).toBe('other');
    expect(agentOf({}, config, {}, { SOAR_TOOL: 'codex' })).toBe('codex');
    expect(agentOf(plan, config, {}, { SOAR_TOOL: 'codex' })).toBe('other');
    expect(agentOf(plan, config, { tool: 'gemini' }, { SOAR_TOOL: 'codex' })).toBe('gemini');
  });

  it('prefers the only agent of a plan to the default of the configuration', () => {
    const config = { specs: { claude }, defaults: { agent: 'claude' } };
    expect(resolved({ agents: { sh } }, config).plan.defaults?.agent).toBe('sh');
  });

  it('keeps what an agent of the tool says, with the model changed', () => {
    const { plan } = resolved({}, { specs: { claude } }, { tool: 'claude', model: 'opus' });
    expect(plan.agents).toEqual({ claude: { ...claude, model: 'opus' } });
  });

  it('gives the tool another id when its own is taken', () => {
    const { plan } = resolved({ agents: { claude: sh } }, {}, { tool: 'claude' });
    expect(plan.defaults?.agent).toBe('claude-cli');
    expect(plan.agents).toEqual({ claude: sh, 'claude-cli': { kind: 'cli', tool: 'claude' } });
  });

  it('does not give the model of the environment to another tool than its own', () => {
    const env = { SOAR_TOOL: 'claude', SOAR_MODEL: 'opus' };
    expect(toolChoice({ tool: 'gemini' }, env).model).toBeNull();
    expect(toolChoice({ tool: 'claude' }, env).model).toBe('opus');
    expect(toolChoice({ tool: 'gemini' }, { SOAR_MODEL: 'pro' }).model).toBe('pro');
  });

  it('changes the model of a default agent that has one', () => {
    const { plan } = resolved({ agents: { claude } }, {}, { model: 'haiku' });
    expect(plan.agents?.claude).toMatchObject({ model: 'haiku' });
  });

  it('makes an agent of a model with its address, and takes it as the default', () => {
    const model = 'http://127.0.0.1:11434/v1/#llama3.2:1b';
    const spec = { kind: 'model', baseURL: 'http://127.0.0.1:11434/v1', model: 'llama3.2:1b' };
    const { plan } = resolved({ agents: { sh } }, {}, { model });
    expect(plan.agents).toEqual({ sh, 'llama3.2:1b': spec });
    expect(plan.defaults?.agent).toBe('llama3.2:1b');
    const env = { SOAR_MODEL: model };
    expect(resolved({}, { specs: { sh }, defaults: { agent: 'sh' } }, {}, env).plan.defaults?.agent).toBe(
      'llama3.2:1b',
    );
    expect(resolved({ defaults: { agent: 'sh' } }, { specs: { sh } }, {}, env).plan.defaults?.agent).toBe('sh');
    expect(resolved({}, {}, { tool: 'claude' }, env).plan.agents).toEqual({ claude: { kind: 'cli', tool: 'claude' } });
  });

  it('takes the agent that is this model already, with all it says', () => {
    const local: AgentSpec = { kind: 'model', baseURL: 'http://127.0.0.1:1/v1/', model: 'm', system: 'Be brief.' };
    const { plan } = resolved({}, { specs: { local } }, { model: 'http://127.0.0.1:1/v1#m' });
    expect([plan.defaults?.agent, plan.agents]).toEqual(['local', { local }]);
  });

  it('refuses a model with its address beside a tool', () => {
    const model = 'http://127.0.0.1:1/v1#m';
    expect(() => resolved({}, {}, { model, tool: 'claude' })).toThrow('leave `--tool` (claude) out');
    expect(() => resolved({}, {}, {}, { SOAR_MODEL: model, SOAR_TOOL: 'codex' })).toThrow(
      'leave `SOAR_TOOL` (codex) out',
    );
    expect(resolved({}, {}, { model }, { SOAR_TOOL: 'codex' }).plan.defaults?.agent).toBe('m');
  });

  it('refuses --model when there is nothing to give it to, and lets SOAR_MODEL be', () => {
    expect(() => resolved({ agents: { sh } }, {}, { model: 'haiku' })).toThrow('needs a tool');
    expect(resolved({ agents: { sh } }, {}, {}, { SOAR_MODEL: 'haiku' }).plan.agents).toEqual({ sh });
  });

  it('lets a policy flag win over the default policy of a plan', () => {
    const plan = { defaults: { policy: 'production' } } as const;
    expect(resolved(plan).plan.defaults?.policy).toBe('production');
    const { plan: flagged, run } = resolved(plan, {}, { policy: 'fast-fail' });
    expect([flagged.defaults?.policy, run.policy]).toEqual([undefined, 'fastFail']);
  });

  it('hands the pace to the engine from wherever it is set', () => {
    const config = { maxConcurrent: 2, staggerMs: 10 };
    expect(resolved({}, config).options).toMatchObject(config);
    expect(resolved({ maxConcurrent: 8 }, config).options).toMatchObject({ maxConcurrent: 8, staggerMs: 10 });
    const { options, run } = resolved({ maxConcurrent: 8 }, config, { maxConcurrent: 3 });
    expect([options.maxConcurrent, run.maxConcurrent]).toEqual([3, 3]);
  });

  it('keeps the bounds of a budget that a flag does not set', () => {
    const { run } = resolved(
      { budget: { attempts: 5, tokens: 9 } },
      { budget: { timeMs: 1 } },
      { budget: { attempts: 2 } },
    );
    expect(run.budget).toEqual({ attempts: 2, tokens: 9, timeMs: 1 });
  });

  it('takes every fallback away with --no-fallback', () => {
    const { plan, run } = resolved({ tasks: [{ id: 'a', prompt: 'x', fallback: 'b' }] }, {}, { fallback: false });
    expect(plan.tasks[0]).toEqual({ id: 'a', prompt: 'x' });
    expect(run.fallback).toBe(false);
  });

  it('has the built-in agents when none are configured, and when a plan names them', () => {
    expect(Object.keys(resolved({}).options.agents ?? {})).toContain('extract');
    const named = resolved({ tasks: [{ id: 'a', prompt: 'x', agent: 'extract' }] }, { specs: { sh } });
    expect(Object.keys(named.options.agents ?? {})).toEqual(['extract', 'sh']);
  });
});

describe('what a question is asked with', () => {
  const ask = (config: Partial<LoadedConfig>, flags: RunFlags = {}) =>
    resolveAsk({ ...nothing, ...config }, flags, toolChoice(flags, {}));

  it('is offline without an agent that answers', () => {
    expect(ask({}).isOffline).toBe(true);
    expect(ask({ specs: { sh } }).isOffline).toBe(true);
    expect(ask({ specs: { sh, claude } }).isOffline).toBe(false);
  });

  it('is the chosen tool alone, beside the fallback', () => {
    const { options, run } = ask({ specs: { sh, helper: sh }, fallback: 'helper' }, { tool: 'claude' });
    expect(Object.keys(options.agents ?? {}).sort()).toEqual(['claude', 'helper']);
    expect([options.defaultAgent, run.fallback]).toEqual(['claude', 'helper']);
  });

  it('is the chosen model alone, beside the fallback', () => {
    const { options } = ask({ specs: { sh, helper: sh }, fallback: 'helper' }, { model: 'http://127.0.0.1:1/v1#m' });
    expect(Object.keys(options.agents ?? {}).sort()).toEqual(['helper', 'm']);
    expect(options.defaultAgent).toBe('m');
  });

  it('has the agent think that the configuration names, or none', () => {
    expect(ask({ specs: { sh, helper: sh }, phases: { agent: 'helper' } }).options.phaseAgent).toBe('helper');
    expect(ask({ specs: { sh } }).options.phaseAgent).toBeUndefined();
    const none = ask({ specs: { sh }, phases: { agent: false } }, { tool: 'claude' });
    expect(none.options.phaseAgent).toBe(false);
  });

  it('leaves the thinking to a chosen tool, too', () => {
    const { options } = ask({ specs: { sh, helper: sh }, phases: { agent: 'helper' } }, { tool: 'claude' });
    expect([options.phaseAgent, options.defaultAgent]).toEqual([undefined, 'claude']);
  });
});
