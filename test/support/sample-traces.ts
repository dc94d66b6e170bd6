import { createSoar } from '../../src/create-soar.ts';
import { AgentError } from '../../src/errors/agent-error.ts';
import type { Plan, TaskSpec } from '../../src/plan/types.ts';
import type { SoarOptions } from '../../src/soar-types.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { ringSink } from '../../src/trace/ring-sink.ts';
import type { TraceMode } from '../../src/trace/sink.ts';
import type { TraceRecord } from '../../src/trace/trace.schema.ts';
import { type Step, scriptedAgent } from './scripted-agent.ts';

type Scripts = Readonly<Record<string, Readonly<Record<string, readonly Step[]>> | readonly Step[]>>;

/** Records a whole run of scripted agents, in virtual time. */
export async function recordPlan(
  plan: Plan,
  scripts: Scripts,
  { mode = 'compact', ...options }: SoarOptions & { mode?: TraceMode } = {},
): Promise<TraceRecord[]> {
  const clock = new VirtualClock(Date.UTC(2026, 0, 15, 9, 30));
  const ring = ringSink({ capacity: 1_000_000 });
  const agents = Object.fromEntries(
    Object.entries(scripts).map(([id, script]) => [
      id,
      scriptedAgent(clock, script, { kind: 'function', provider: id }),
    ]),
  );
  const soar = createSoar({
    agents,
    clock,
    random: () => 0.5,
    trace: { sinks: [ring], mode, texts: true },
    ...options,
  });
  const run = soar.run(plan, { runId: 'sample' });
  await clock.settle(run.result);
  await soar.close();
  return ring.records();
}

export const linesOf = (records: readonly TraceRecord[]): string =>
  `${records.map((record) => JSON.stringify(record)).join('\n')}\n`;

const task = (id: string, prompt: string, dependsOn: string[] = [], more: Partial<TaskSpec> = {}): TaskSpec => ({
  id,
  prompt,
  ...(dependsOn.length > 0 ? { dependsOn } : {}),
  ...more,
});

const RELEASE: readonly TaskSpec[] = [
  task('lint', 'Run the linter and sum up what it says.', [], { agent: 'shell' }),
  task('unit-tests', 'Run the unit tests and list what fails.', [], { agent: 'shell' }),
  task('read-changes', 'Read every commit since the last tag.', [], { agent: 'reader' }),
  task('api-diff', 'Compare the public types with the last release.', [], { agent: 'reader' }),
  task('flaky-tests', 'Which tests failed more than once this week?', ['unit-tests'], { agent: 'reader' }),
  task('breaking', 'Which changes break users?', ['read-changes', 'api-diff'], { agent: 'writer', critical: true }),
  task('docs-check', 'Are the docs still right for what changed?', ['read-changes'], { agent: 'writer' }),
  task('changelog', 'Write the changelog.', ['breaking', 'docs-check'], { agent: 'writer' }),
  task('risk', 'Judge the risk of this release.', ['lint', 'flaky-tests', 'breaking'], { agent: 'writer' }),
  task('verdict', 'Is this repository ready to release?', ['changelog', 'risk'], { agent: 'writer' }),
];

/** Ten tasks in four waves; one is tried again, all succeed. */
export function releaseTrace(mode: TraceMode = 'compact', more: SoarOptions = {}): Promise<TraceRecord[]> {
  return recordPlan(
    { goal: 'Is this repository ready to release?', tasks: RELEASE },
    {
      shell: {
        lint: [{ ms: 2400, ok: '0 warnings in 214 files.' }],
        'unit-tests': [{ ms: 9200, ok: '1,204 passed.' }],
      },
      reader: {
        'read-changes': [{ ms: 5200, ok: '38 commits; 3 touch the public API.' }],
        'api-diff': [
          { ms: 1800, fail: 'connection', message: 'socket hang up' },
          { ms: 4300, ok: 'Two exports were renamed.' },
        ],
        'flaky-tests': [{ ms: 3100, ok: 'One: "resumes after a crash".' }],
      },
      writer: {
        breaking: [{ ms: 6400, ok: 'The rename of `retryAfter` breaks users.' }],
        'docs-check': [{ ms: 4700, ok: 'Two pages name the old option.' }],
        changelog: [{ ms: 5600, ok: '## 2.0.0\n\n- `retryAfter` is now `retryAfterMs`.' }],
        risk: [{ ms: 3900, ok: 'Moderate.' }],
        verdict: [{ ms: 4800, ok: 'Yes, as 2.0.0, once the two pages are mended.' }],
      },
    },
    {
      ...more,
      mode,
      maxConcurrent: 3,
      staggerMs: 600,
      policy: { preset: 'patient', retry: { retries: 2, strategy: 'fixed', baseDelayMs: 2000, jitter: 0 } },
    },
  );
}

/** A bad day: a breaker opens and refuses, a provider cools, a fallback takes over, tasks fail. */
export function stormTrace(mode: TraceMode = 'compact', more: SoarOptions = {}): Promise<TraceRecord[]> {
  const regions = ['north', 'south', 'east', 'west'];
  const tasks = [
    ...regions.map((name) => task(`fetch-${name}`, `Fetch the figures of the ${name}.`, [], { agent: 'api' })),
    task('rates', 'Fetch the exchange rates.', [], { agent: 'metered' }),
    ...regions.map((name) =>
      task(`clean-${name}`, `Clean the figures of the ${name}.`, [`fetch-${name}`], { agent: 'metered' }),
    ),
    task('audit', 'Audit the raw figures.', ['fetch-north', 'fetch-west'], { agent: 'api' }),
    task('totals', 'Add up the regions.', [...regions.map((name) => `clean-${name}`), 'rates'], { agent: 'model' }),
    task('report', 'Write the report.', ['totals', 'audit'], { agent: 'model' }),
  ];
  const down: Step = { ms: 1500, fail: 'connection', message: 'connect ECONNREFUSED 10.0.0.7:443' };
  return recordPlan(
    { goal: 'Figures of the quarter, by region', tasks, fallback: 'model' },
    {
      api: {
        'fetch-north': [{ ms: 2600, ok: '412 rows' }],
        'fetch-south': [down],
        'fetch-east': [down],
        'fetch-west': [down],
        audit: [down],
      },
      metered: {
        rates: [
          { ms: 1200, fail: 'rate_limited', message: '429 Too Many Requests', details: { retryAfterMs: 6000 } },
          { ms: 2500, ok: 'EUR 1, USD 1.09' },
        ],
        'clean-north': [{ ms: 3100, ok: '409 rows' }],
        'clean-south': [{ ms: 2800, fail: 'invalid_request', message: 'The table has no column `region`.' }],
        'clean-east': [{ ms: 2200, ok: '388 rows' }],
        'clean-west': [{ ms: 2400, ok: '401 rows' }],
      },
      model: {
        'fetch-south': [{ ms: 3800, ok: 'An estimate: 395 rows.' }],
        'fetch-east': [{ ms: 3300, ok: 'An estimate: 390 rows.' }],
        'fetch-west': [{ ms: 2900, fail: 'inference', message: 'The model gave no answer.' }],
        'clean-south': [{ ms: 2100, fail: 'empty', message: 'An empty answer.' }],
        audit: [{ ms: 2600, ok: 'The raw figures look sound.' }],
        totals: [{ ms: 4200, ok: 'Total: 1,198 rows, south missing.' }],
        report: [{ ms: 5100, ok: '# The quarter\n\nThree of four regions.' }],
      },
    },
    {
      ...more,
      onDependencyFailure: 'proceed',
      mode,
      maxConcurrent: 3,
      staggerMs: 500,
      policy: {
        preset: 'patient',
        retry: { retries: 1, strategy: 'fixed', baseDelayMs: 2500, jitter: 0 },
        breaker: { failureThreshold: 3, resetTimeoutMs: 60_000 },
      },
    },
  );
}

/** Many tasks in five waves; some are retried, some fail. */
export function crowdTrace(count: number): Promise<TraceRecord[]> {
  const perWave = Math.ceil(count / 5);
  const tasks = Array.from({ length: count }, (_, index) => {
    const before = index - perWave;
    const parents = before < 0 ? [] : [`t${before}`, ...(index % 7 === 0 && before > 0 ? [`t${before - 1}`] : [])];
    return task(`t${index}`, `Do part ${index}.`, parents);
  });
  const script = Object.fromEntries(
    tasks.map(({ id }, index): [string, Step[]] => {
      const done = { ms: 900 + ((index * 7919) % 2600), ok: `part ${index} is done` };
      if (index % 97 === 13) return [id, [{ ms: 700, fail: 'exit', message: 'exit code 1' }]];
      if (index % 19 === 5) return [id, [{ ms: 600, fail: 'connection', message: 'socket hang up' }, done]];
      return [id, [done]];
    }),
  );
  return recordPlan(
    { goal: `${count.toLocaleString('en')} parts of one job`, tasks },
    { worker: script },
    {
      maxConcurrent: Math.max(8, Math.round(count / 40)),
      staggerMs: 0,
      policy: {
        preset: 'patient',
        retry: { retries: 1, strategy: 'fixed', baseDelayMs: 1500, jitter: 0 },
        breaker: { enabled: false },
      },
    },
  );
}

/**
 * A question: its decompose phase asks a model, which is rate-limited first; a person approves the plan; one task's answer is
 * that of its duplicate; every answer reports its tokens.
 */
export async function questionTrace(more: SoarOptions = {}): Promise<TraceRecord[]> {
  const clock = new VirtualClock(Date.UTC(2026, 0, 15, 9, 30));
  const ring = ringSink({ capacity: 1_000_000 });
  const used = (inputTokens: number, outputTokens: number) => ({
    inputTokens,
    outputTokens,
    costUsd: 0.002 * outputTokens,
  });
  let asked = 0;
  const wait = (ms: number) => new Promise<void>((resolve) => clock.setTimeout(resolve, ms));
  const soar = createSoar({
    clock,
    random: () => 0.5,
    trace: { sinks: [ring], texts: true },
    agents: {
      model: async ({ taskId }) => {
        await wait(1500);
        asked += 1;
        if (asked === 1) throw new AgentError('rate_limited', '429 Too Many Requests', { retryAfterMs: 2000 });
        return { output: `said of ${taskId}`, usage: used(1200, 90) };
      },
    },
    phases: {
      retrieve: () => ({ passages: [], budget: 10, searched: 0, notes: [] }),
      decompose: async ({ query }, { call }) => {
        const { output } = await call({ name: 'decompose', prompt: `Take apart: ${query}`, agentId: 'model' });
        const part = (id: string, dependsOn: string[] = []) => ({ id, title: '', prompt: output, dependsOn });
        return {
          goal: query,
          subgoals: [part('one'), part('duplicate'), part('last', ['one', 'duplicate'])],
          notes: [],
        };
      },
      synthesize: ({ outcomes }) => ({ answer: outcomes.at(-1)?.output ?? '', confidence: 0.8, sources: [] }),
    },
    cache: true,
    ...more,
  });
  const run = soar.ask('What holds it together?', { runId: 'sample', approve: true });
  run.events$.subscribe(({ type }) => {
    if (type === 'plan.proposed') clock.setTimeout(() => run.approve(), 3000);
  });
  await clock.settle(run.result);
  await soar.close();
  return ring.records();
}
