import { describe, expect, it } from 'vitest';
import { parsePlan, planJsonSchema } from '../../src/plan/plan.schema.ts';
import { planFailure } from '../support/plan-failure.ts';

const messagesOf = (plan: unknown) => planFailure(() => parsePlan(plan)).issues.map(({ message }) => message);

describe('parsePlan', () => {
  it('takes everything a plan file can say', () => {
    const plan = {
      goal: 'Is this repository ready to release?',
      agents: {
        sh: { kind: 'command', command: ['bash', '-c', '{{prompt}}'], prompt: 'argument' },
        claude: { kind: 'cli', tool: 'claude', args: ['--verbose'], maxConcurrent: 2 },
        llm: { kind: 'model', baseURL: 'http://127.0.0.1:11434/v1', model: 'llama3.2', apiKeyEnv: 'OPENAI_API_KEY' },
      },
      defaults: { agent: 'sh', policy: 'patient' },
      fallback: 'llm',
      policy: { preset: 'production', retry: { retries: 1 } },
      maxConcurrent: 3,
      staggerMs: 0,
      schedule: 'eager',
      onDependencyFailure: 'skip',
      timeoutMs: 60_000,
      budget: { attempts: 20, tokens: 1000, timeMs: 5000 },
      retries: 0,
      tasks: [
        { id: 'lint', prompt: 'npm run -s lint' },
        {
          id: 'notes: é 漢字',
          prompt: '',
          agent: 'claude',
          dependsOn: ['lint'],
          critical: false,
          timeoutMs: 60_000,
          policy: 'test',
          retries: 2,
          fallback: false,
          env: { A: 'b' },
          cwd: '.',
          done: { output: 'x' },
          passages: [{ id: 'a:1-2', path: 'a', startLine: 1, endLine: 2, text: 't', score: 0.5 }],
        },
      ],
    };
    expect(parsePlan(plan)).toEqual(plan);
  });

  it('makes text of numbers in ids and environments', () => {
    const plan = { tasks: [{ id: 1, prompt: '', dependsOn: [2.5], env: { PORT: 80, DEBUG: true } }] };
    expect(parsePlan(plan).tasks[0]).toEqual({
      id: '1',
      prompt: '',
      dependsOn: ['2.5'],
      env: { PORT: '80', DEBUG: 'true' },
    });
  });

  it('drops the line that reports an editor which schema this is', () => {
    expect(parsePlan({ $schema: './plan.schema.json', tasks: [] })).toEqual({ tasks: [] });
  });

  it('names an unknown key, where it stands and the nearest known one', () => {
    const plan = {
      maxConcurent: 1,
      tasks: [{ id: 'a', prompt: '', dependson: [] }],
      agents: { a: { kind: 'command', command: ['x'], requireoutput: true } },
    };
    expect(messagesOf(plan)).toEqual([
      'Unknown key `requireoutput` in `agents.a`. Did you mean `requireOutput`?',
      'Unknown key `dependson` in `tasks[0]`. Did you mean `dependsOn`?',
      'Unknown key `maxConcurent` in the plan. Did you mean `maxConcurrent`?',
    ]);
  });

  it('says of every fault where it is, what was expected and what was found', () => {
    const plan = {
      agents: {
        a: { kind: 'comand' },
        b: { kind: 'cli', tool: 'cluade' },
        c: { kind: 'model', baseURL: 'nowhere', model: '' },
        d: { kind: 'command', command: [] },
        e: {},
        '': { kind: 'cli', tool: 'claude' },
      },
      policy: { preset: 'pateint', clocks: { idleTimeoutMs: -1 } },
      tasks: [{ prompt: 3, dependsOn: ['x', null], fallback: true, policy: 7 }],
    };
    expect(messagesOf(plan)).toEqual([
      expect.stringMatching(
        /^Expected `policy\.preset` to be one of .* got `pateint` \(string\)\. Did you mean `patient`\?$/,
      ),
      'Expected `policy.clocks.idleTimeoutMs` to be more than 0, got `-1` (number).',
      'Expected `agents.a.kind` to be one of `command`, `cli`, `model`, `adHoc`, got `comand` (string). Did you mean `command`?',
      expect.stringMatching(/^Expected `agents\.b\.tool` to be one of .* Did you mean `claude`\?$/),
      'Expected `agents.c.baseURL` to be a URL, e.g. `http://127.0.0.1:11434/v1`, got `nowhere` (string).',
      'Expected `agents.c.model` to be a text that is not empty, got an empty string.',
      'Expected `agents.d.command` to be a list that is not empty, got an array of 0.',
      '`agents.e.kind` is missing; expected one of `command`, `cli`, `model`, `adHoc`.',
      'Expected the key of `agents[""]` to be a text that is not empty, got an empty string.',
      '`tasks[0].id` is missing; expected a string or a finite number.',
      'Expected `tasks[0].prompt` to be a string, got `3` (number).',
      'Expected `tasks[0].dependsOn[1]` to be a string or a finite number, got `null`.',
      expect.stringMatching(/^Expected `tasks\[0\]\.policy` to be one of .* or an object, got `7` \(number\)\.$/),
      'Expected `tasks[0].fallback` to be a string or `false`, got `true` (boolean).',
    ]);
  });

  it('gives the path and the task of a fault', () => {
    const { issues } = planFailure(() =>
      parsePlan({
        tasks: [
          { id: 'a', prompt: '' },
          { id: 7, prompt: '', dependsOn: [{}] },
        ],
      }),
    );
    expect(issues).toEqual([
      {
        path: 'tasks[1].dependsOn[0]',
        taskId: '7',
        code: 'wrong-type',
        message: expect.stringContaining('got an object'),
      },
    ]);
  });
});

describe('planJsonSchema', () => {
  it('describes a plan file to an editor', () => {
    const schema = planJsonSchema() as { required: string[]; $defs: Record<string, { required?: string[] }> };
    expect(schema).toMatchObject({ title: 'soar-machine plan', type: 'object', additionalProperties: false });
    expect(schema.required).toEqual(['tasks']);
    expect(schema.$defs.task?.required).toEqual(['id', 'prompt']);
    expect(Object.keys(schema.$defs)).toEqual(expect.arrayContaining(['task', 'agent', 'policy']));
  });
});
