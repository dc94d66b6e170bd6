import { describe, expect, it, vi } from 'vitest';
import {
  type AnyActorScope,
  assign,
  createActor,
  createMachine,
  fromPromise,
  type InspectionEvent,
  setup,
} from 'xstate';
import { collectable } from '../../src/xstate/collectable.ts';

const noted: string[] = [];
const machine = setup({
  types: { context: {} as { ticks: number }, events: {} as { type: 'tick' } | { type: 'stop' } },
  actions: {
    note: ({ context, event }) => noted.push(`${event.type} ${context.ticks}`),
    count: assign({ ticks: ({ context }) => context.ticks + 1 }),
  },
}).createMachine({
  id: 'ticking',
  context: { ticks: 0 },
  initial: 'on',
  entry: 'note',
  states: {
    on: { on: { tick: { actions: ['count', 'note'] }, stop: 'off' } },
    off: { type: 'final', entry: 'note' },
  },
  output: ({ context }) => context.ticks,
});

/** What an actor of this logic does and what an inspector hears of it. */
function record(logic: typeof machine) {
  noted.length = 0;
  const seen: string[] = [];
  const inspect = (event: InspectionEvent) =>
    seen.push(event.type === '@xstate.action' ? event.action.type : event.type);
  const actor = createActor(logic, { inspect }).start();
  for (const type of ['tick', 'tick', 'stop'] as const) actor.send({ type });
  const { value, status, output } = actor.getSnapshot();
  return { noted: [...noted], seen, value, status, output };
}

describe('a collectable machine', () => {
  it('does what the machine does, and reports an inspector the same', () => {
    expect(record(collectable(machine))).toEqual(record(machine));
    expect(noted).toEqual(['xstate.init 0', 'tick 1', 'tick 2', 'stop 2']);
  });

  it('is one and the same for each machine, and known as it', () => {
    expect(collectable(machine)).toBe(collectable(machine));
    expect(collectable(collectable(machine))).toBe(collectable(machine));
    expect(collectable(machine).root).toBe(machine.root);
    expect(collectable(machine).id).toBe('ticking');
  });

  it('executes in the name of the actor that is in transition, also within the action of another', () => {
    const told: string[] = [];
    const tell = ({ self }: { self: { id: string } }) => told.push(self.id);
    const inner = createActor(collectable(createMachine({ on: { go: { actions: tell } } })), { id: 'inner' }).start();
    const outer = createMachine({ on: { go: { actions: [tell, () => inner.send({ type: 'go' }), tell] } } });
    createActor(collectable(outer), { id: 'outer' }).start().send({ type: 'go' });
    expect(told).toEqual(['outer', 'inner', 'outer']);
  });

  it('lets nothing that a microstep assigns to the executor note what is executed', () => {
    const executors: unknown[] = [];
    const spying = Object.assign(Object.create(machine) as typeof machine, {
      transition: (snapshot: never, _event: unknown, scope: AnyActorScope) => {
        const before = scope.actionExecutor;
        scope.actionExecutor = () => {};
        executors.push(before, scope.actionExecutor);
        return snapshot;
      },
    });
    createActor(collectable(spying)).start().send({ type: 'tick' });
    expect(executors).toHaveLength(2);
    expect(executors[1]).toBe(executors[0]);
  });

  it.each<[string, (scope: Record<string, unknown>) => void]>([
    ['has more', (scope) => Object.assign(scope, { actionResult: null })],
    ['has less', (scope) => delete scope.stopChild],
    ['has it under another name', (scope) => Object.assign(scope, { execute: null }) && delete scope.actionExecutor],
  ])('is used as it is where the scope of an actor %s than is known', async (_, change) => {
    vi.resetModules();
    const fresh = await import('../../src/xstate/collectable.ts');
    const scope: Record<string, unknown> = {};
    for (const key of ['self', 'id', 'sessionId', 'logger', 'defer', 'emit', 'system', 'stopChild', 'actionExecutor'])
      scope[key] = null;
    change(scope);
    const given: unknown[] = [];
    const spying = Object.assign(Object.create(machine) as typeof machine, {
      transition: (_snapshot: unknown, _event: unknown, own: unknown) => given.push(own),
    });
    fresh.collectable(spying).transition({} as never, { type: 'tick' }, scope as never);
    expect(given).toEqual([scope]);
    expect(given[0]).toBe(scope);
  });

  it('is the logic itself where that is not a machine', () => {
    const logic = fromPromise(async () => 1);
    expect(collectable(logic)).toBe(logic);
  });
});
