import type {
  AnyActorRef,
  AnyMachineSnapshot,
  AnyStateMachine,
  AnyTransitionDefinition,
  InspectionEvent,
} from 'xstate';
import { parentOf } from '../xstate/messaging.ts';
import { defineChart, factsOf, type TransitionFacts } from './chart/definition.ts';
import { DESCRIBERS, type Describer } from './describe.ts';
import { eventData } from './event-data.ts';
import type { Outlet } from './outlet.ts';
import { errorText } from './plain.ts';
import type { Texts } from './texts.ts';
import type { RecordOf } from './trace.schema.ts';

type Inspected<T extends InspectionEvent['type']> = Extract<InspectionEvent, { type: T }>;

interface Entry {
  readonly actor: string;
  readonly describer: Describer | undefined;
  readonly runId: string | undefined;
  /** The last state recorded for everyone. */
  state: unknown;
  /** Executed since its last move; kept in full recordings. */
  actions: string[];
}

/** Records what XState's inspection reports actors. An actor is known from its start on, not from its creation. */
export class InspectionRecorder {
  readonly #outlet: Outlet;
  readonly #texts: Texts;
  readonly #trace: string;
  readonly #live = new Map<string, Entry>();
  readonly #machines = new Map<object, string>();
  readonly #names = new Set<string>();

  constructor(outlet: Outlet, texts: Texts, trace: string) {
    this.#outlet = outlet;
    this.#texts = texts;
    this.#trace = trace;
  }

  see(event: InspectionEvent): void {
    const isFull = this.#outlet.wantsFull;
    const ref = event.actorRef as AnyActorRef;
    switch (event.type) {
      case '@xstate.event':
        if (event.event.type === 'xstate.init') this.#started(ref);
        else {
          if (isFull) this.#eventSent(event, ref.sessionId);
          this.#noteBroken(event);
        }
        break;
      case '@xstate.microstep':
        this.#moved(event, ref.sessionId);
        break;
      case '@xstate.action':
        if (isFull) this.#live.get(ref.sessionId)?.actions.push(event.action.type);
        break;
      case '@xstate.snapshot':
        // A machine's moves are described as they happen: its snapshot comes after its parent has moved on.
        if (event.snapshot.status !== 'active') this.#ended(ref.sessionId, event.snapshot);
        else if (isFull) this.#forgetActions(ref.sessionId);
        break;
    }
  }

  #started(ref: AnyActorRef): void {
    if (this.#live.has(ref.sessionId)) return;
    const logic = machineOf(ref);
    const machine = logic && this.#nameOf(logic);
    const above = parentOf(ref);
    const parent = above ? this.#live.get(above.sessionId) : undefined;
    const snapshot = ref.getSnapshot() as Partial<AnyMachineSnapshot> & { input?: { at?: unknown } };
    const describer = logic && Object.hasOwn(DESCRIBERS, logic.id) ? DESCRIBERS[logic.id] : undefined;
    const described = quietly(() => describer?.started?.(snapshot.context, this.#texts));
    const runId = described?.runId ?? parent?.runId;
    const actor = `${this.#trace}:${ref.sessionId.slice(ref.sessionId.indexOf(':') + 1)}`;
    this.#live.set(ref.sessionId, { actor, describer, runId, state: snapshot.value, actions: [] });
    const record: RecordOf<'actor.started'> = {
      type: 'actor.started',
      seq: this.#outlet.next(),
      at: this.#outlet.at,
      actor,
      id: ref.id,
      parent: parent?.actor ?? null,
      machine,
    };
    const src: unknown = ref.src;
    if (typeof src === 'string') record.src = src;
    if (described) Object.assign(record, described);
    if (runId !== undefined) record.runId = runId;
    if (machine !== null) record.state = snapshot.value;
    else if (typeof snapshot.input?.at === 'number') record.until = snapshot.input.at;
    this.#outlet.write(record);
    const plan = describer?.plan && quietly(() => describer.plan?.(snapshot.context, this.#texts));
    if (plan) this.#outlet.write({ type: 'plan.compiled', ...this.#outlet.stamp(), ...plan });
  }

  /** The machine's name in the trace; defines it when it is met first. */
  #nameOf(logic: AnyStateMachine): string {
    const known = this.#machines.get(logic);
    if (known !== undefined) return known;
    let name: string = logic.id;
    for (let n = 2; this.#names.has(name); n += 1) name = `${logic.id}~${n}`;
    this.#names.add(name);
    this.#machines.set(logic, name);
    this.#outlet.write({ type: 'machine.defined', ...this.#outlet.stamp(), machine: name, chart: defineChart(logic) });
    return name;
  }

  /** An actor whose logic throws has no last snapshot: its parent's event is all there is. */
  #noteBroken({ event, sourceRef }: Inspected<'@xstate.event'>): void {
    if (!sourceRef || !event.type.startsWith('xstate.error.actor.')) return;
    this.#ended(sourceRef.sessionId, { status: 'error', error: (event as { error?: unknown }).error });
  }

  #eventSent(event: Inspected<'@xstate.event'>, session: string): void {
    const entry = this.#live.get(session);
    if (!entry) return;
    const from = event.sourceRef && this.#live.get(event.sourceRef.sessionId);
    const data = eventData(event.event, this.#texts);
    const record: RecordOf<'actor.event'> = {
      type: 'actor.event',
      ...this.#outlet.stamp(),
      actor: entry.actor,
      event: event.event.type,
    };
    if (from) record.from = from.actor;
    if (data) record.data = data;
    this.#outlet.write(record, true);
  }

  #moved(event: Inspected<'@xstate.microstep'>, session: string): void {
    const snapshot = event.snapshot as AnyMachineSnapshot;
    const facts = movingFacts(event._transitions);
    const isMove = facts?.hasTarget ?? false;
    const { value, status } = snapshot;
    if (!isMove && status === 'active' && !this.#outlet.wantsFull) return;
    const entry = this.#live.get(session);
    if (!entry) return;
    if (!isMove && status !== 'active') {
      this.#ended(session, snapshot);
      return;
    }
    const { describer } = entry;
    const isShown = isMove && !describer?.isMinor?.(value, entry.state);
    if (isShown) entry.state = value;
    else if (!this.#outlet.wantsFull) return;
    const described = movedAs(describer, snapshot, event.event, facts?.isAlways ?? false, this.#texts);
    const record: RecordOf<'actor.moved'> = {
      type: 'actor.moved',
      seq: this.#outlet.next(),
      at: this.#outlet.at,
      actor: entry.actor,
      state: value,
      event: event.event.type,
      keys:
        facts && event._transitions.length === 1 ? facts.keys : event._transitions.flatMap((one) => factsOf(one).keys),
    };
    if (entry.actions.length > 0) {
      record.actions = entry.actions;
      entry.actions = [];
    }
    if (described?.until !== undefined) record.until = described.until;
    if (described?.data !== undefined) record.data = described.data;
    if (status !== 'active') {
      record.status = status;
      this.#live.delete(session);
    }
    this.#outlet.write(record, !isShown);
  }

  #ended(session: string, snapshot: { status: string; error?: unknown }): void {
    const entry = this.#live.get(session);
    if (!entry) return;
    this.#live.delete(session);
    const status = snapshot.status as 'done' | 'error' | 'stopped';
    const record: RecordOf<'actor.ended'> = {
      type: 'actor.ended',
      ...this.#outlet.stamp(),
      actor: entry.actor,
      status,
    };
    if (status === 'error') record.error = errorText(snapshot.error, this.#texts.mask);
    this.#outlet.write(record);
  }

  /** Actions of an actor's start belong to no move. */
  #forgetActions(session: string): void {
    const entry = this.#live.get(session);
    if (entry) entry.actions.length = 0;
  }
}

/** A machine is known by its form, so that one of another copy of XState is one too. */
function machineOf(ref: AnyActorRef): AnyStateMachine | null {
  const { logic } = ref as { logic?: Partial<AnyStateMachine> };
  return logic?.root && logic.config && typeof logic.id === 'string' ? (logic as AnyStateMachine) : null;
}

/** The facts of the first transition that leads somewhere, else of the first. */
function movingFacts(transitions: readonly AnyTransitionDefinition[]): TransitionFacts | undefined {
  let found: TransitionFacts | undefined;
  for (const transition of transitions) {
    const facts = factsOf(transition);
    if (facts.hasTarget) return facts;
    found ??= facts;
  }
  return found;
}

function movedAs(
  describer: Describer | undefined,
  { context, value }: AnyMachineSnapshot,
  event: { type: string },
  isAlways: boolean,
  texts: Texts,
): ReturnType<NonNullable<Describer['moved']>> | undefined {
  if (!describer?.moved) return undefined;
  try {
    return describer.moved(context, value, event, isAlways, texts);
  } catch {
    return undefined;
  }
}

function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    // A machine of another form than its id promises: described without what we know of ours.
    return undefined;
  }
}
