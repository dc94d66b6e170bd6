import { AsyncLocalStorage } from 'node:async_hooks';
import { type Context, type ContextManager, context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSoar } from '../../../src/create-soar.ts';
import { AgentError } from '../../../src/errors/agent-error.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { otelSink } from '../../../src/trace/otel/otel.ts';
import type { AgentFunction } from '../../../src/types/agent.ts';
import { type TracedRunOptions, tracedRun } from '../../support/traced-run.ts';

/** Takes a second of the clock; the first call fails. */
function flaky(clock: VirtualClock): AgentFunction {
  let calls = 0;
  return () =>
    new Promise((resolve, reject) => {
      calls += 1;
      const call = calls;
      clock.setTimeout(() => {
        if (call === 1) reject(new AgentError('connection', 'lost'));
        else
          resolve({ output: 'ok', usage: { inputTokens: 10, cachedInputTokens: 4, outputTokens: 5, costUsd: 0.02 } });
      }, 1000);
    });
}

async function observed(given: Partial<TracedRunOptions> = {}) {
  const clock = new VirtualClock(1_000_000);
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter: metricExporter });
  const meters = new MeterProvider({ readers: [reader] });
  const sink = otelSink({ tracer: provider.getTracer('test'), meter: meters.getMeter('test') });
  const traced = await tracedRun({
    clock,
    plan: { tasks: [{ id: 'a', prompt: '' }] },
    ...given,
    soar: {
      agents: { main: flaky(clock) },
      policy: {
        preset: 'patient',
        retry: { retries: 1, strategy: 'fixed', baseDelayMs: 500, jitter: 0 },
        breaker: { failureThreshold: 1, resetTimeoutMs: 200, onOpen: 'wait' },
      },
      ...given.soar,
    },
    trace: { sinks: [sink] },
  });
  await meters.forceFlush();
  const spans = exporter.getFinishedSpans();
  const points = new Map(
    metricExporter
      .getMetrics()
      .at(-1)
      ?.scopeMetrics.flatMap(({ metrics }) => metrics)
      .map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints]),
  );
  await meters.shutdown();
  const named = (name: string) => spans.filter((span) => span.name === name);
  return { ...traced, spans, points, named };
}

const ms = ([seconds, nanos]: readonly [number, number]) => seconds * 1000 + nanos / 1e6 - 1_000_000;
const times = (span: ReadableSpan | undefined) => span && [ms(span.startTime), ms(span.endTime)];

describe('OpenTelemetry', () => {
  it('gets a span of the run, its phase, its tasks and every attempt, one in the other', async () => {
    const { spans } = await observed();
    const byId = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
    const edges = spans.map((span) => [span.name, byId.get(span.parentSpanContext?.spanId ?? '') ?? null]);
    expect(edges).toEqual([
      ['invoke_agent main', 'task a'],
      ['invoke_agent main', 'task a'],
      ['task a', 'phase collect'],
      ['phase collect', 'invoke_workflow soar-machine'],
      ['invoke_workflow soar-machine', null],
    ]);
  });

  it('gets the times of the run', async () => {
    const { named } = await observed();
    expect(named('invoke_agent main').map(times)).toEqual([
      [0, 1000],
      [1500, 2500],
    ]);
    expect(named('task a').map(times)).toEqual([[0, 2500]]);
    expect(named('invoke_workflow soar-machine').map(times)).toEqual([[0, 2500]]);
  });

  it('gets attempts attributed as calls of agents, with their errors and tokens', async () => {
    const { named } = await observed();
    const [first, second] = named('invoke_agent main');
    expect(first?.attributes).toMatchObject({
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': 'main',
      'soar.attempt': 1,
      'error.type': 'connection',
    });
    expect(first?.status).toMatchObject({ code: 2, message: 'lost' });
    expect(second?.attributes).toMatchObject({
      'gen_ai.usage.input_tokens': 10,
      'gen_ai.usage.cache_read.input_tokens': 4,
      'gen_ai.usage.output_tokens': 5,
      'soar.usage.cost_usd': 0.02,
    });
    expect(named('invoke_workflow soar-machine')[0]?.attributes).toMatchObject({
      'soar.usage.input_tokens': 10,
      'soar.usage.output_tokens': 5,
      'soar.usage.cost_usd': 0.02,
    });
    expect(second?.status.code).toBe(0);
  });

  it('gets what a task waited for as events of its span', async () => {
    const { named } = await observed();
    expect(named('task a')[0]?.events.map(({ name, time }) => [name, ms(time)])).toEqual([
      ['retrying', 1000],
      ['staggered', 1500],
    ]);
  });

  it('gets a span of a task that was passed over', async () => {
    const { named } = await observed({
      plan: {
        tasks: [
          { id: 'a', prompt: '' },
          { id: 'b', prompt: '', dependsOn: ['a'] },
        ],
      },
      soar: { retries: 0, onDependencyFailure: 'skip' },
    });
    expect(named('task a')[0]?.status.code).toBe(2);
    expect(named('task b')[0]?.attributes).toMatchObject({ 'soar.task.status': 'skipped', 'soar.task.attempts': 0 });
    expect(named('invoke_workflow soar-machine')[0]?.attributes).toMatchObject({ 'soar.tasks.skipped': 1 });
  });

  it('gets counts of attempts, retries, breaker changes, and the time in the queue', async () => {
    const { points } = await observed({ soar: { staggerMs: 3000 } });
    const values = (name: string) =>
      points.get(name)?.map(({ attributes, value }) => [Object.values(attributes), value]);
    expect(values('soar.attempts')).toEqual([
      [['main', 'failed'], 1],
      [['main', 'succeeded'], 1],
    ]);
    expect(values('soar.retries')).toEqual([[['main'], 1]]);
    expect(values('soar.breaker.changes')).toEqual([
      [['main', 'open'], 1],
      [['main', 'halfOpen'], 2],
      [['main', 'closed'], 1],
    ]);
    expect(points.get('soar.queue.duration')?.[0]?.value).toMatchObject({ count: 2, sum: 1.5 });
    expect(points.get('gen_ai.invoke_agent.duration')?.map(({ value }) => value)).toMatchObject([
      { count: 1, sum: 1 },
      { count: 1, sum: 1 },
    ]);
    expect(points.get('gen_ai.invoke_workflow.duration')?.[0]?.value).toMatchObject({ count: 1, sum: 4 });
    expect(points.get('gen_ai.client.token.usage')).toHaveLength(2);
  });

  it('does without a provider', async () => {
    const sink = otelSink();
    expect(trace.getSpan(context.active())).toBeUndefined();
    const { result } = await tracedRun({
      plan: { tasks: [{ id: 'a', prompt: '' }] },
      soar: { agents: { quick: () => 'ok' } },
      trace: { sinks: [sink] },
    });
    expect(result.status).toBe('succeeded');
  });
});

describe('the spans of a caller', () => {
  const stores = new AsyncLocalStorage<Context>();
  const manager: ContextManager = {
    active: () => stores.getStore() ?? ROOT_CONTEXT,
    with: (active, call, self, ...args) => stores.run(active, () => call.call(self as never, ...args)),
    bind: (_, target) => target,
    enable: () => manager,
    disable: () => manager,
  };
  beforeAll(() => {
    context.setGlobalContextManager(manager);
  });
  afterAll(() => {
    context.disable();
  });

  it('are the parents of its run, and the span of an attempt that of what the agent does', async () => {
    const clock = new VirtualClock(1_000_000);
    const exporter = new InMemorySpanExporter();
    const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
    const tracer = provider.getTracer('test');
    const main: AgentFunction = async ({ runId, attempt }) => {
      if (attempt === 1) throw new AgentError('rate_limited', 'HTTP 429', { retryAfterMs: 100 });
      await null;
      tracer.startSpan(`call of ${runId}`).end();
      return 'ok';
    };
    const soar = createSoar({ agents: { main }, clock, maxConcurrent: 2, trace: [otelSink({ tracer })] });
    const users = ['ann', 'bob', 'cyd', 'dan'];
    const results = users.map((runId) =>
      tracer.startActiveSpan(`request of ${runId}`, (span) => {
        const { result } = soar.run({ tasks: [{ id: 'a', prompt: '' }] }, { runId });
        return result.finally(() => span.end());
      }),
    );
    await clock.settle(Promise.all(results));
    await soar.close();
    const spans = exporter.getFinishedSpans();
    const byId = new Map(spans.map((span) => [span.spanContext().spanId, span]));
    const pathOf = (span: ReadableSpan): string[] => {
      const parent = byId.get(span.parentSpanContext?.spanId ?? '');
      return [...(parent ? pathOf(parent) : []), span.name];
    };
    for (const user of users) {
      const call = spans.find(({ name }) => name === `call of ${user}`);
      expect(call && pathOf(call)).toEqual([
        `request of ${user}`,
        'invoke_workflow soar-machine',
        'phase collect',
        'task a',
        'invoke_agent main',
        `call of ${user}`,
      ]);
    }
  });
});
