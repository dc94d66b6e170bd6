import { describe, expect, it } from 'vitest';
import {
  type AnyActorLogic,
  type AnyActorRef,
  type AnyActorScope,
  createActor,
  createMachine,
  fromCallback,
} from 'xstate';

/** What `src/xstate` uses of XState beyond its documented API. When a test here fails, read that folder before you upgrade. */
function scopeOf(options: { parent?: AnyActorRef } = {}): AnyActorScope {
  let seen: AnyActorScope | undefined;
  const logic = {
    getInitialSnapshot: (scope: AnyActorScope) => {
      seen = scope;
      return { status: 'active', output: undefined, error: undefined };
    },
    transition: (snapshot: unknown) => snapshot,
    getPersistedSnapshot: (snapshot: unknown) => snapshot,
  } as unknown as AnyActorLogic;
  createActor(logic, options as never).start();
  return seen as AnyActorScope;
}

const idle = () => createActor(fromCallback(() => {})).start();

describe('XState keeps the private API that src/xstate uses', () => {
  it('gives a scope nine properties, of which the executor is one', () => {
    const names = 'self id sessionId logger defer emit system stopChild actionExecutor'.split(' ');
    expect(Object.keys(scopeOf()).toSorted()).toEqual(names.toSorted());
    expect(scopeOf().actionExecutor).toBeTypeOf('function');
  });

  it('relays an event at once, with its sender, to an actor of the system', () => {
    const seen: unknown[] = [];
    const inspect = (event: { type: string; event?: unknown; sourceRef?: unknown }) => {
      if (event.type === '@xstate.event') seen.push([event.sourceRef, event.event]);
    };
    const root = createActor(
      fromCallback(() => {}),
      { inspect: inspect as never },
    ).start();
    const child = createActor(
      fromCallback(() => {}),
      { parent: root } as never,
    ).start();
    seen.length = 0;
    const system = root.system as unknown as { _relay(source: unknown, target: unknown, event: unknown): void };
    system._relay(root, child, { type: 'hello' });
    expect(seen).toEqual([[root, { type: 'hello' }]]);
  });

  it('enters new actors of a system with `_register`, which gives back the session id', () => {
    const system = idle().system as unknown as { _register(id: string, actor: unknown): string };
    expect(system._register('x:new', idle())).toBe('x:new');
  });

  it('runs what an action defers after its macrostep', () => {
    const order: string[] = [];
    const machine = createMachine({
      on: {
        go: {
          actions: [
            ({ self }) =>
              (self as unknown as { _deferred: (() => void)[] })._deferred.push(() => order.push('deferred')),
            () => order.push('second action'),
          ],
        },
      },
    });
    createActor(machine).start().send({ type: 'go' });
    expect(order).toEqual(['second action', 'deferred']);
  });

  it('names the actor above an actor `_parent`, and that of a root not', () => {
    const root = idle();
    const { self } = scopeOf({ parent: root });
    expect((self as { _parent?: unknown })._parent).toBe(root);
    expect((root as { _parent?: unknown })._parent).toBeUndefined();
  });

  it('keeps the clock, the input and the snapshot of an actor where a second start looks for them', () => {
    const clock = { setTimeout: () => 0, clearTimeout: () => {} };
    const machine = createMachine({ context: ({ input }) => ({ input }) });
    const actor = createActor(machine, { clock, input: 'given' as never }).start();
    const inner = actor as unknown as { clock: unknown; options: { input?: unknown }; _snapshot: unknown };
    expect(inner.clock).toBe(clock);
    expect(inner.options.input).toBe('given');
    expect(inner._snapshot).toBe(actor.getSnapshot());
  });

  it('asks a machine to start and to restore itself by methods of its prototype', () => {
    const machine = createMachine({});
    const methods = Object.getPrototypeOf(machine) as Record<string, unknown>;
    for (const name of ['start', 'restoreSnapshot', 'provide', 'transition', 'getInitialSnapshot'])
      expect(methods[name], name).toBeTypeOf('function');
    expect(machine).toHaveProperty('root');
    expect(machine).toHaveProperty('config');
    expect(machine).toHaveProperty('implementations');
  });
});
