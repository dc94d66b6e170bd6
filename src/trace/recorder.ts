import type { AnyActorRef, AnyMachineSnapshot, AnyStateMachine, InspectionEvent } from 'xstate';
import { type Clock, systemClock } from '../clock.ts';
import type { RunEvent } from '../streams/events.ts';
import { defineChart, factsOf } from './definition.ts';
import { DESCRIBERS, type Describer } from './describe.ts';
import { eventData } from './event-data.ts';
import { createMask } from './mask.ts';
import { newsRecorder } from './news.ts';
import { Outlet, type Redact } from './outlet.ts';
import { errorText } from './plain.ts';
import type { TraceMode, TraceSink } from './sink.ts';
import { Texts } from './texts.ts';
import type { RecordOf } from './trace.schema.ts';

export interface TraceOptions {
  /** Where the records go. */
  sinks: readonly TraceSink[];
  /** How much is recorded, for sinks that do not say themselves. Default `'compact'`. */
  mode?: TraceMode;
  /** Called for every record after the default masking; what it returns is recorded, `null` leaves the record out. When it throws the record is left out. */
  redact?: Redact;
  /** Records the bodies of prompts and outputs in `text` records. Default false: by reference alone. */
  texts?: boolean;
  /** Values that are masked wherever they stand, beside well-known credential shapes. */
  secrets?: Iterable<string>;
  /** Id of the recording. Default: made up. */
  id?: string;
}

export interface RecorderOptions extends TraceOptions {
  /** The clock of the run. Default: the system's. */
  clock?: Clock;
}

export interface Recorder {
  /** Observer for `createActor(root, { inspect })`. Never throws. */
  readonly inspect: (event: InspectionEvent) => void;
  /** Takes what a run's `events$` tells: outcomes, phases, progress, which inspection does not see. Never throws. */
  readonly publish: (event: RunEvent) => void;
  /** Ends the recording and closes its sinks; never rejects. What comes later is not recorded. */
  close(): Promise<void>;
}

interface Entry {
  readonly actor: string;
  readonly describer: Describer | undefined;
  readonly run: string | undefined;
  /** The last state recorded for everyone. */
  state: unknown;
  /** Executed since its last move; kept in full recordings. */
  actions: string[];
}

/**
 * Makes the recorder of an actor system: one on the root actor sees all of them. It works at once, in the order of the
 * events; each actor is told from its start with the state it begins in, and every machine is defined before its first.
 *
 * @example
 * const ring = ringSink();
 * const recorder = createRecorder({ sinks: [ring] });
 * const soar = createSoar({ agents, inspect: recorder.inspect });
 * const run = soar.run(plan);
 * run.events$.subscribe(recorder.publish);
 */
export function createRecorder(options: RecorderOptions): Recorder {
  const clock = options.clock ?? systemClock;
  const trace = options.id ?? `${clock.now().toString(36)}-${crypto.randomUUID().slice(0, 8)}`;
  const outlet = new Outlet(options, clock, trace);
  const texts = new Texts(
    createMask(options.secrets),
    options.texts ? (ref, text) => outlet.write({ type: 'text', ...outlet.stamp(), ref, text }) : null,
  );
  const publish = newsRecorder(outlet, texts);
  const isFull = outlet.wantsFull;
  const live = new Map<string, Entry>();
  const machines = new Map<object, string>();
  const names = new Set<string>();

  function nameOf(logic: AnyStateMachine): string {
    const known = machines.get(logic);
    if (known !== undefined) return known;
    let name: string = logic.id;
    for (let n = 2; names.has(name); n += 1) name = `${logic.id}~${n}`;
    names.add(name);
    machines.set(logic, name);
    outlet.write({ type: 'machine.defined', ...outlet.stamp(), machine: name, chart: defineChart(logic) });
    return name;
  }

  function started(ref: AnyActorRef): void {
    if (live.has(ref.sessionId)) return;
    const logic = machineOf(ref);
    const machine = logic && nameOf(logic);
    const above = (ref as { _parent?: AnyActorRef })._parent;
    const parent = above ? live.get(above.sessionId) : undefined;
    const snapshot = ref.getSnapshot() as Partial<AnyMachineSnapshot> & { input?: { at?: unknown } };
    const describer = logic && Object.hasOwn(DESCRIBERS, logic.id) ? DESCRIBERS[logic.id] : undefined;
    const told = quietly(() => describer?.started?.(snapshot.context, texts));
    const run = told?.run ?? parent?.run;
    const actor = `${trace}:${ref.sessionId.replace(/^x:/, '')}`;
    const src: unknown = ref.src;
    live.set(ref.sessionId, { actor, describer, run, state: snapshot.value, actions: [] });
    const record: RecordOf<'actor.started'> = {
      type: 'actor.started',
      ...outlet.stamp(),
      actor,
      id: ref.id,
      parent: parent?.actor ?? null,
      machine,
      ...told,
    };
    if (typeof src === 'string') record.src = src;
    if (run !== undefined) record.run = run;
    if (machine !== null) record.state = snapshot.value;
    else if (typeof snapshot.input?.at === 'number') record.until = snapshot.input.at;
    outlet.write(record);
    const plan = describer?.plan && quietly(() => describer.plan?.(snapshot.context, texts));
    if (plan) outlet.write({ type: 'plan.compiled', ...outlet.stamp(), ...plan });
  }

  function moved(entry: Entry, event: Extract<InspectionEvent, { type: '@xstate.microstep' }>, session: string): void {
    const snapshot = event.snapshot as AnyMachineSnapshot;
    const [first] = event._transitions;
    const { status } = snapshot;
    if (status !== 'active' && (!first || !factsOf(first).hasTarget)) return ended(entry, session, snapshot);
    const isMove = event._transitions.some((transition) => factsOf(transition).hasTarget);
    if (!isMove && !isFull) return;
    const { value } = snapshot;
    const { describer } = entry;
    const isShown = isMove && !describer?.isMinor?.(value, entry.state);
    if (isShown) entry.state = value;
    else if (!isFull) return;
    const isAlways = first !== undefined && factsOf(first).isAlways;
    const told = quietly(() => describer?.moved?.(snapshot.context, value, event.event, isAlways, texts));
    const record: RecordOf<'actor.moved'> = {
      type: 'actor.moved',
      ...outlet.stamp(),
      actor: entry.actor,
      state: value,
      event: event.event.type,
      keys:
        event._transitions.length === 1 && first
          ? factsOf(first).keys
          : event._transitions.flatMap((one) => factsOf(one).keys),
    };
    if (entry.actions.length > 0) {
      record.actions = entry.actions;
      entry.actions = [];
    }
    if (told?.until !== undefined) record.until = told.until;
    if (told?.data !== undefined) record.data = told.data;
    if (status !== 'active') {
      record.status = status;
      live.delete(session);
    }
    outlet.write(record, !isShown);
  }

  function ended(entry: Entry, session: string, snapshot: { status: string; error?: unknown }): void {
    const status = snapshot.status as 'done' | 'error' | 'stopped';
    const record: RecordOf<'actor.ended'> = { type: 'actor.ended', ...outlet.stamp(), actor: entry.actor, status };
    if (status === 'error') record.error = errorText(snapshot.error, texts.mask);
    live.delete(session);
    outlet.write(record);
  }

  function see(event: InspectionEvent): void {
    const ref = event.actorRef as AnyActorRef;
    switch (event.type) {
      case '@xstate.event': {
        if (event.event.type === 'xstate.init') return started(ref);
        const entry = isFull ? live.get(ref.sessionId) : undefined;
        if (!entry) return;
        const from = event.sourceRef && live.get(event.sourceRef.sessionId);
        const data = eventData(event.event, texts);
        outlet.write(
          {
            type: 'actor.event',
            ...outlet.stamp(),
            actor: entry.actor,
            event: event.event.type,
            ...(from ? { from: from.actor } : undefined),
            ...(data ? { data } : undefined),
          },
          true,
        );
        return;
      }
      case '@xstate.microstep': {
        const entry = live.get(ref.sessionId);
        if (entry) moved(entry, event, ref.sessionId);
        return;
      }
      case '@xstate.action':
        if (isFull) live.get(ref.sessionId)?.actions.push(event.action.type);
        return;
      case '@xstate.snapshot': {
        // A machine's moves are told as they happen: its snapshot comes after its parent has moved on.
        const entry = event.snapshot.status === 'active' && !isFull ? undefined : live.get(ref.sessionId);
        if (!entry) return;
        entry.actions.length = 0;
        if (event.snapshot.status !== 'active') ended(entry, ref.sessionId, event.snapshot);
        return;
      }
    }
  }

  return {
    inspect: (event) => outlet.guard(() => see(event)),
    publish: (event) => outlet.guard(() => publish(event)),
    close: () => outlet.close(),
  };
}

/** A machine is known by its form, so that one of another copy of XState is one too. */
function machineOf(ref: AnyActorRef): AnyStateMachine | null {
  const { logic } = ref as { logic?: Partial<AnyStateMachine> };
  return logic?.root && logic.config && typeof logic.id === 'string' ? (logic as AnyStateMachine) : null;
}

function quietly<T>(tell: () => T): T | undefined {
  try {
    return tell();
  } catch {
    // A machine of another form than its id promises: told without what we know of ours.
    return undefined;
  }
}
