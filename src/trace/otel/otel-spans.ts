import {
  type Attributes,
  type Context,
  context,
  type HrTime,
  type Span,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';

interface OpenSpan {
  span: Span;
  /** The context with this span in it, for what belongs under it. */
  within: Context;
  start: HrTime;
  attributes: Attributes;
}

/** Spans under way, by ids of ours. Starting one twice, or ending one that is not open, does nothing. */
export class OpenSpans {
  readonly #tracer: Tracer;
  readonly #around: Context;
  readonly #open = new Map<string, OpenSpan>();

  constructor(tracer: Tracer, around: Context) {
    this.#tracer = tracer;
    this.#around = around;
  }

  has(id: string): boolean {
    return this.#open.has(id);
  }

  /** @param parent Id of an open span; one that is not open, or null, stands for the context around the run. */
  start(id: string, parent: string | null, name: string, start: HrTime, attributes: Attributes): void {
    if (this.#open.has(id)) return;
    const above = parent === null ? undefined : this.#open.get(parent);
    const around = above?.within ?? this.#outermost();
    const span = this.#tracer.startSpan(name, { startTime: start, attributes }, around);
    this.#open.set(id, { span, within: trace.setSpan(around, span), start, attributes });
  }

  /** Where a run was started, else where the sink was made. */
  #outermost(): Context {
    const active = context.active();
    return trace.getSpan(active) ? active : this.#around;
  }

  /** Calls with the span as the active one; as it is when the span is not open. */
  within<R>(id: string, call: () => R): R {
    const span = this.#open.get(id)?.span;
    return span ? context.with(trace.setSpan(context.active(), span), call) : call();
  }

  note(id: string, name: string, at: HrTime, attributes: Attributes): void {
    this.#open.get(id)?.span.addEvent(name, attributes, at);
  }

  end(
    id: string,
    at: HrTime,
    attributes: Attributes = {},
    error: { kind: string; message: string } | null = null,
  ): OpenSpan | undefined {
    const open = this.#open.get(id);
    if (!open) return undefined;
    this.#open.delete(id);
    open.span.setAttributes(attributes);
    if (error) {
      open.span.setAttribute('error.type', error.kind);
      open.span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
    }
    open.span.end(isBefore(at, open.start) ? open.start : at);
    return open;
  }

  /** Ends what is still open, the innermost first. */
  endAll(at: HrTime): void {
    for (const id of [...this.#open.keys()].reverse()) this.end(id, at);
  }
}

/** Whether the clock was set back between two instants. */
function isBefore([seconds, nanoseconds]: HrTime, [otherSeconds, otherNanoseconds]: HrTime): boolean {
  return seconds === otherSeconds ? nanoseconds < otherNanoseconds : seconds < otherSeconds;
}
