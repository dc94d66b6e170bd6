import { context } from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { expect, it } from 'vitest';
import { OpenSpans } from '../../../src/trace/otel/otel-spans.ts';

it.each([
  [
    [5, 0],
    [0, 0],
  ],
  [
    [10, 1],
    [0, 0],
  ],
  [
    [12, 3],
    [2, 1],
  ],
] as const)('A span that begins at 10 s and ends at %j lasts %j, also when the clock was set back', (end, duration) => {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const spans = new OpenSpans(provider.getTracer('test'), context.active());
  spans.start('a', null, 'a', [10, 2], {});
  spans.end('a', [...end]);
  expect(exporter.getFinishedSpans().map((span) => span.duration)).toEqual([duration]);
});
