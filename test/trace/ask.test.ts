import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { describe, expect, it } from 'vitest';
import { createSoar } from '../../src/create-soar.ts';
import { AgentError } from '../../src/errors/agent-error.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { otelSink } from '../../src/trace/otel/otel.ts';
import { intervalsOf } from '../../src/trace/replay/intervals.ts';
import { createReplay } from '../../src/trace/replay/replay.ts';
import { ringSink } from '../../src/trace/ring-sink.ts';

const PHASES = ['assess', 'retrieve', 'decompose', 'route', 'collect', 'synthesize'];

async function asked() {
  const clock = new VirtualClock();
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const ring = ringSink();
  const otel = otelSink({ tracer: provider.getTracer('test') });
  const soar = createSoar({ clock, trace: { sinks: [ring, otel], texts: true } });
  const handle = soar.ask('What is a state machine, and what is an actor?', { runId: 'q' });
  const result = await clock.settle(handle.result);
  await clock.settle(soar.close());
  return { result, replay: createReplay(ring.records()), spans: exporter.getFinishedSpans() };
}

describe('the trace of a question', () => {
  it('reports its six phases, its plan and its answer', async () => {
    const { replay, result } = await asked();
    const run = replay.run('q');
    expect(run?.title).toBe('What is a state machine, and what is an actor?');
    expect(run?.phases.flatMap(({ type, phase }) => (type === 'phase.started' ? [phase] : []))).toEqual(PHASES);
    expect(run?.plan?.tasks).toHaveLength(result.outcomes.length);
    expect(replay.texts.get(run?.settled?.answer?.ref ?? '')).toBe(result.answer);
  });

  it('has an actor for each phase under the one of the run', async () => {
    const { replay } = await asked();
    const actors = [...replay.actors.values()];
    const soar = actors.find(({ machine }) => machine === 'soar');
    const phases = actors.filter(({ parent, name }) => parent === soar && PHASES.includes(name));
    expect(phases.map(({ name, runId }) => `${name} of ${runId}`)).toEqual(PHASES.map((phase) => `${phase} of q`));
  });

  it('is a span for each phase', async () => {
    const { spans } = await asked();
    const names = spans.map(({ name }) => name).filter((name) => name.startsWith('phase '));
    expect(names).toEqual(PHASES.map((phase) => `phase ${phase}`));
  });

  it('has what a phase asks under that phase, and apart from the plan', async () => {
    const clock = new VirtualClock();
    const exporter = new InMemorySpanExporter();
    const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
    const ring = ringSink();
    let asked = 0;
    const thinker = () => {
      asked += 1;
      if (asked === 1) throw new AgentError('connection', 'lost');
      return 'taken apart';
    };
    const soar = createSoar({
      clock,
      agents: { worker: () => 'done', thinker },
      policy: { preset: 'patient', retry: { retries: 1 }, breaker: { enabled: false } },
      trace: { sinks: [ring, otelSink({ tracer: provider.getTracer('test') })], texts: true },
      phases: {
        decompose: async ({ query }, { call, note }) => {
          const { output } = await call({ name: 'decompose', prompt: 'Take it apart', agentId: 'thinker' });
          note('One part is enough.');
          return { goal: query, subgoals: [{ id: 'one', title: output, prompt: output, dependsOn: [] }], notes: [] };
        },
      },
    });
    await clock.settle(soar.ask('What is it?', { runId: 'q' }).result);
    await clock.settle(soar.close());

    const replay = createReplay(ring.records());
    const run = replay.run('q');
    expect(run?.tasks.map(({ id }) => id)).toEqual(['one']);
    const [call] = run?.calls.values() ?? [];
    expect(call).toMatchObject({ id: 'phase:decompose', phase: 'decompose', agentId: 'thinker' });
    expect(call && intervalsOf(call).map(({ state }) => state)).toEqual([
      'staggered',
      'running',
      'retrying',
      'staggered',
      'running',
    ]);
    expect(call?.actor?.parent?.name).toBe('decompose');
    const told = ring.records().filter(({ type }) => type === 'call.settled' || type === 'phase.note');
    expect(told).toMatchObject([
      { taskId: 'phase:decompose', status: 'succeeded' },
      { message: 'One part is enough.' },
    ]);

    const spans = exporter.getFinishedSpans();
    const span = spans.find(({ name }) => name === 'task phase:decompose');
    const phase = spans.find(({ name }) => name === 'phase decompose');
    expect(span?.parentSpanContext?.spanId).toBe(phase?.spanContext().spanId);
    expect(
      spans.filter(({ parentSpanContext }) => parentSpanContext?.spanId === span?.spanContext().spanId),
    ).toHaveLength(2);
  });
});
