import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/run/events.ts';
import type { RunResult } from '../../src/run/result.ts';
import type { TaskOutcome } from '../../src/types/task.ts';
import { pathWithFakes } from '../support/fake-tools.ts';
import { startModelServer } from '../support/model-server.ts';

const root = path.join(import.meta.dirname, '../..');
// Stand-ins for coding CLIs come first, so that no example can start a real one.
const env = { ...process.env, PATH: pathWithFakes() };

function execute(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return executeWith({}, ...args);
}

function executeWith(
  own: Record<string, string>,
  ...args: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const options = { cwd: root, env: { ...env, ...own }, maxBuffer: 64 * 1024 ** 2 };
    execFile(process.execPath, ['--import', 'tsx', ...args], options, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

async function runExample(name: string): Promise<{ code: number; result: RunResult; tasks: Map<string, TaskOutcome> }> {
  const { code, stdout } = await execute('src/cli/main.ts', 'run', `examples/${name}`, '--json', '--no-journal');
  const result = JSON.parse(stdout) as RunResult;
  return { code, result, tasks: new Map(result.outcomes.map((outcome) => [outcome.taskId, outcome])) };
}

describe('the release check', async () => {
  const { code, result, tasks } = await runExample('release-check.yaml');

  it('ends as partial, with exit code 3', () => {
    expect({ code, status: result.status }).toEqual({ code: 3, status: 'partial' });
  });

  it('fails what is not signed and skips what depends on it, with the cause', () => {
    expect(tasks.get('signed')).toMatchObject({ status: 'failed', error: { kind: 'exit' } });
    expect(tasks.get('publish')).toMatchObject({ status: 'skipped', attempts: [], error: { kind: 'dependency' } });
    expect(tasks.get('publish')?.error?.message).toContain('signed');
  });

  it('retries the service that is not up at first', () => {
    expect(tasks.get('service')).toMatchObject({ status: 'succeeded', via: 'agent', output: 'answered at attempt 2' });
    expect(result.metadata.retriedTasks).toEqual([{ taskId: 'service', agentId: 'service', retries: 1 }]);
  });

  it('falls back to the changelog when the registry cannot be reached', () => {
    expect(tasks.get('published')).toMatchObject({ status: 'succeeded', via: 'fallback', agentId: 'registry' });
    expect(tasks.get('published')?.attempts.map(({ agentId, error }) => [agentId, error?.kind])).toEqual([
      ['registry', 'connection'],
      ['changelog', undefined],
    ]);
  });

  it('hands what was found on to the tasks that depend on it', async () => {
    const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as { version: string };
    expect(tasks.get('version')?.output).toBe(version);
    expect(tasks.get('mentioned')?.output).toContain(`[${version}]`);
    expect(tasks.get('verdict')?.output).toBe('6 checks passed, 0 failed');
  });

  it('succeeds in everything else', () => {
    const others = result.outcomes.filter(({ taskId }) => taskId !== 'signed' && taskId !== 'publish');
    expect(others.filter(({ status }) => status !== 'succeeded')).toEqual([]);
  });
});

describe('the tour', async () => {
  const { code, stdout } = await execute('src/cli/main.ts', 'run', 'examples/tour.yaml', '--jsonl', '--no-journal');
  const events = stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as RunEvent]));
  const statesOf = (id: string) =>
    events.flatMap((event) => (event.type === 'task.state' && event.taskId === id ? [event.state] : []));
  const outcomes = new Map(
    events.flatMap((event) => (event.type === 'task.settled' ? [[event.outcome.taskId, event.outcome]] : [])),
  );

  it('succeeds, with exit code 0, in less than ten seconds', () => {
    const settled = events.findLast((event) => event.type === 'run.settled');
    expect({ code, status: settled?.result.status }).toEqual({ code: 0, status: 'succeeded' });
    expect(settled?.result.metadata.totalDurationMs).toBeLessThan(10_000);
  });

  it('shows every wait of a task on the way', () => {
    expect(statesOf('documents')).toContain('cooling');
    expect(statesOf('licences')).toContain('retrying');
    expect(statesOf('published')).toEqual(expect.arrayContaining(['running', 'fallback.waiting', 'fallback.running']));
    expect(statesOf('advisories')).toEqual(expect.arrayContaining(['circuitOpen', 'fallback.running']));
    expect(statesOf('advisories')).not.toContain('running');
  });

  it('does real work on this checkout', () => {
    expect(Number(outcomes.get('sources')?.output)).toBeGreaterThan(10_000);
    expect(outcomes.get('documents')?.output).toMatch(/^\d+ documents; the longest is [\w-]+\.md with \d+ words$/);
    expect(outcomes.get('licences')?.output).toMatch(/^\d+ × MIT, /);
    expect(outcomes.get('report')?.output.split('\n')).toHaveLength(6);
  });
});

describe('the forty tools that ignore their input', async () => {
  const { code, result } = await runExample('forty-tools.yaml');
  const numbers = Array.from({ length: 2000 }, (_, i) => i + 1).join('\n');
  const outputs: Record<string, string> = {
    nothing: '',
    echo: 'the output is intact',
    printf: 'no newline at the end',
    expr: '42',
    seq: numbers,
    basename: 'forty-tools.yaml',
    head: 'MIT License',
    node: '42',
  };

  it('all succeed, with exit code 0', () => {
    expect({ code, status: result.status }).toEqual({ code: 0, status: 'succeeded' });
    expect(result.metadata).toMatchObject({ totalTasks: 40, succeeded: 40, retriedTasks: [] });
  });

  it('keep their output whole', () => {
    for (const { agentId, taskId, output } of result.outcomes) expect(output, taskId).toBe(outputs[agentId]);
  });
});

describe('the provider that is busy', async () => {
  const { code, result, tasks } = await runExample('rate-limited.yaml');

  it('is asked again after the second it wants', () => {
    expect({ code, status: result.status }).toEqual({ code: 0, status: 'succeeded' });
    const [limited, answered] = tasks.get('question')?.attempts ?? [];
    expect(limited?.result).toBe('rate_limited');
    expect((answered?.startedAt ?? 0) - (limited?.endedAt ?? 0)).toBeGreaterThanOrEqual(1000);
    expect(tasks.get('question')?.output).toBe('The answer, in execution 2.');
  });

  it('is recorded once and consumes no retry', () => {
    expect(result.metadata.rateLimits).toMatchObject([{ taskId: 'question', agentId: 'model' }]);
    expect(result.metadata.retriedTasks).toEqual([]);
    expect(result.metadata.breakers.model).toMatchObject({ state: 'closed', failures: 0 });
  });

  it('does not hold up others', () => {
    expect(tasks.get('meanwhile')?.settledAt).toBeLessThan(tasks.get('question')?.settledAt ?? 0);
  });
});

describe('the coding agents that fail', async () => {
  const { code, result, tasks } = await runExample('coding-agents.yaml');

  it('come to a good end, each in its way', () => {
    expect({ code, status: result.status }).toEqual({ code: 0, status: 'succeeded' });
    const ways = result.outcomes.map(({ taskId, via, attempts }) => [taskId, via, attempts.map((one) => one.result)]);
    expect(ways).toEqual([
      ['limited', 'agent', ['rate_limited', 'succeeded']],
      ['garbled', 'agent', ['succeeded']],
      ['crashed', 'agent', ['failed', 'succeeded']],
      ['locked-out', 'fallback', ['failed', 'succeeded']],
      ['summary', 'agent', ['succeeded']],
    ]);
  });

  it('continue where they had stopped', () => {
    for (const id of ['limited', 'crashed']) {
      expect(tasks.get(id)?.output).toMatch(/going on where it had stopped/);
      const [first, second] = tasks.get(id)?.attempts ?? [];
      expect(first?.session).toBe(second?.session);
    }
  });
});

describe('the example of embedding', () => {
  it('runs and falls back', async () => {
    const { code, stdout } = await execute('examples/embed.ts');
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n').slice(-4)).toEqual([
      'reviews (agent): 3 reviews of the teapot: good, good, bad',
      'count (agent): 2 of 3 like it',
      'advice (fallback): A safe bet: 2 of 3 like it.',
      'succeeded',
    ]);
  });

  it('is the one in the README, in 25 lines at most', async () => {
    const example = await readFile(path.join(root, 'examples/embed.ts'), 'utf8');
    const readme = await readFile(path.join(root, 'README.md'), 'utf8');
    expect(readme).toContain(`\`\`\`ts\n${example}\`\`\``);
    expect(example.trimEnd().split('\n').length).toBeLessThanOrEqual(25);
  });
});

describe('the example of a model', () => {
  it('writes, doubts and mends, through a rate limit and a stream that dies', async () => {
    const server = await startModelServer({
      teapot: [
        { status: 429, headers: { 'retry-after-ms': '20' }, body: { error: { message: 'Slow down' } } },
        { deltas: ['A teapot ', 'is'], end: 'cut' },
        { deltas: ['Teapots ', 'pour.'], usage: [20, 4] },
      ],
    });
    const own = { MODEL_URL: server.url, MODEL: 'teapot' };
    const { code, stdout, stderr } = await executeWith(own, 'examples/model.ts');
    expect({ code, lines: stdout.trimEnd().split('\n') }).toEqual({
      code: 0,
      lines: [
        'praise succeeded: Teapots pour.',
        'doubt succeeded: Teapots pour.',
        'final succeeded: Teapots pour.',
        '72 tokens',
      ],
    });
    expect(stderr).toMatch(/(?:praise|doubt) waits: /);
    expect((await server.received()).length).toBe(5);
  });
});
