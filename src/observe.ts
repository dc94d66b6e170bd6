import type { InspectionEvent } from 'xstate';
import type { AroundAttempt } from './actors/in-flight.ts';
import type { Clock } from './base/clock.ts';
import { copyOf } from './base/frozen.ts';
import type { RunEvent } from './run/events.ts';
import { guardedCall } from './streams/guarded-call.ts';
import { createRecorder, type TraceOptions } from './trace/recorder.ts';
import type { TraceSink } from './trace/sink.ts';

/** An observer of inspection events, as XState takes it. */
export interface Inspector {
  next?(event: InspectionEvent): void;
}

/** Observers of an engine: trace sinks, and an inspector that is either a sink of its own or a plain observer. */
export interface ObserveOptions {
  /**
   * Records what happens, in the order it happens, to these sinks (`ringSink()`, `fileSink(path)` of
   * `soar-machine/node`, …); as an object with redaction and other options. Default: nothing is recorded.
   */
  trace?: TraceOptions | readonly TraceSink[];
  /**
   * Observes every event and snapshot of every actor as XState emits it: a function or an observer, as `createActor` takes them, such
   * as `inspector.inspect` of `@statelyai/inspect`. Or, as a sink such as `statelyInspector()`, what the recorder makes of it.
   * May throw without hurting a run. Actors and snapshots are XState's own, to be read and not to be changed.
   */
  inspect?: ((event: InspectionEvent) => void) | Inspector | TraceSink;
}

export interface Observation {
  /** For the root actor; undefined without an observer, which costs nothing. */
  readonly inspect: ((event: InspectionEvent) => void) | undefined;
  /** Takes the events of every run. */
  readonly publish: ((event: RunEvent) => void) | undefined;
  /** Calls an agent within what the sinks put around it; undefined when they put nothing. */
  readonly around: AroundAttempt | undefined;
  close(): Promise<void>;
}

export function observe({ trace, inspect }: ObserveOptions, clock: Clock): Observation {
  const options: TraceOptions = isSinks(trace) ? { sinks: trace } : (trace ?? { sinks: [] });
  const sinks = [...options.sinks, ...(isSink(inspect) ? [inspect] : [])];
  // A spectator's fault must not put an actor into an error state; it is the spectator's to mend.
  const observer = guardedCall(observerOf(inspect), () => {});
  const isLate = typeof inspect === 'object' && !isSink(inspect);
  const close = async () => {
    if (isLate) await nextTurn();
  };
  if (sinks.length === 0) return { inspect: observer, publish: undefined, around: undefined, close };
  const recorder = createRecorder({ ...options, sinks, clock });
  const both = (event: InspectionEvent) => {
    recorder.inspect(event);
    observer?.(event);
  };
  return {
    inspect: observer ? both : recorder.inspect,
    publish: recorder.publish,
    around: aroundAll(sinks),
    close: async () => {
      await recorder.close();
      await close();
    },
  };
}

function isSink(inspect: ObserveOptions['inspect']): inspect is TraceSink {
  return typeof (inspect as Partial<TraceSink> | undefined)?.write === 'function';
}

/** An observer gets copies of events: the same objects go to actors, and to other observers. */
function observerOf(inspect: ObserveOptions['inspect']): ((event: InspectionEvent) => void) | undefined {
  if (!inspect || isSink(inspect)) return undefined;
  const see = typeof inspect === 'function' ? inspect : inspect.next?.bind(inspect);
  return (
    see &&
    ((event) => see('event' in event ? ({ ...event, event: copyOf(event.event, true) } as InspectionEvent) : event))
  );
}

function isSinks(trace: ObserveOptions['trace']): trace is readonly TraceSink[] {
  return Array.isArray(trace);
}

/** The inspectors of `@statelyai/inspect` convert an event in a timeout of no time: the last of a run are sent after its end. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

function aroundAll(sinks: readonly TraceSink[]): AroundAttempt | undefined {
  let all: AroundAttempt | undefined;
  for (const sink of sinks) {
    if (!sink.around) continue;
    const outer = all;
    all = outer
      ? (attempt, call) => outer(attempt, () => aroundOne(sink, attempt, call))
      : (attempt, call) => aroundOne(sink, attempt, call);
  }
  return all;
}

/** A sink's fault before or after the call costs no attempt: the agent is called once, and its own end counts. */
function aroundOne<R>(sink: TraceSink, attempt: { runId: string; taskId: string }, call: () => R): R {
  let called: { value: R } | { thrown: unknown } | null = null;
  const once = (): R => {
    try {
      const value = call();
      called = { value };
      return value;
    } catch (thrown) {
      called = { thrown };
      throw thrown;
    }
  };
  try {
    sink.around?.(attempt, once);
  } catch {
    // What the agent threw is thrown below.
  }
  const ended = called as { value: R } | { thrown: unknown } | null;
  if (ended === null) return call();
  if ('thrown' in ended) throw ended.thrown;
  return ended.value;
}
