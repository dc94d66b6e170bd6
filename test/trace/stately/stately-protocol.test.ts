import { createBrowserReceiver, type StatelyInspectionEvent } from '@statelyai/inspect';
import { describe, expect, it } from 'vitest';
import { type AnyStateMachine, createMachine } from 'xstate';
import { breakerMachine } from '../../../src/machines/breaker/machine.ts';
import { collectMachine } from '../../../src/machines/collect/machine.ts';
import { gateMachine } from '../../../src/machines/gate/machine.ts';
import { soarMachine } from '../../../src/machines/soar/machine.ts';
import { taskMachine } from '../../../src/machines/task/machine.ts';
import { waveMachine } from '../../../src/machines/wave/machine.ts';
import { defineChart } from '../../../src/trace/chart/definition.ts';
import { StatelyBacklog } from '../../../src/trace/stately/backlog.ts';
import { statelyInspector } from '../../../src/trace/stately/stately-browser.ts';
import { configOf } from '../../../src/trace/stately/stately-definition.ts';
import { createStatelyConverter, type StatelyEvent } from '../../../src/trace/stately/stately-protocol.ts';
import { tracedRun } from '../../support/traced-run.ts';

const run = {
  plan: {
    tasks: [
      { id: 'lint', prompt: '' },
      { id: 'notes', prompt: '', dependsOn: ['lint'] },
    ],
  },
  soar: { agents: { quick: () => 'ok' } },
};

type ActorMessage = Extract<StatelyEvent, { type: '@xstate.actor' }>;

async function messages(mode: 'compact' | 'full'): Promise<StatelyEvent[]> {
  const { records } = await tracedRun({ ...run, trace: { mode } });
  return records.flatMap(createStatelyConverter());
}

const machines: AnyStateMachine[] = [
  soarMachine,
  collectMachine,
  waveMachine,
  taskMachine,
  breakerMachine,
  gateMachine,
];

describe("Stately's messages", () => {
  it.each(machines.map((machine) => [machine.id, machine] as const))(
    'carry a definition that XState reads as the same machine: %s',
    (_, machine) => {
      const chart = defineChart(machine);
      const config = JSON.parse(JSON.stringify(configOf(chart)));
      expect(defineChart(createMachine(config))).toEqual(chart);
    },
  );

  it('report every actor after its parent, by the name of its task', async () => {
    const actors = (await messages('full')).filter((one): one is ActorMessage => one.type === '@xstate.actor');
    const seen = new Set<string | undefined>([undefined]);
    for (const { sessionId, parentId } of actors) {
      expect(seen).toContain(parentId);
      seen.add(sessionId);
    }
    const names = actors.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['engine', 'gate', 'run.r', 'wave.1', 'lint', 'wave.2', 'notes']));
    expect(new Set(actors.map(({ rootId }) => rootId))).toEqual(new Set([actors[0]?.sessionId]));
  });

  it('report the state an actor begins in, and when that was', async () => {
    const lint = (await messages('full')).find((one) => one.type === '@xstate.actor' && one.name === 'lint');
    expect(lint).toMatchObject({
      _version: '0.7.2',
      createdAt: '0',
      snapshot: { status: 'active', value: 'staggered', context: { taskId: 'lint', agentId: 'quick' } },
    });
  });

  it.each(['compact', 'full'] as const)('report every state with the event that led to it: %s', async (mode) => {
    const all = await messages(mode);
    const lint = all.find((one) => one.type === '@xstate.actor' && one.name === 'lint')?.sessionId;
    const own = all.filter(({ sessionId }) => sessionId === lint);
    const told = own.flatMap((one) =>
      one.type === '@xstate.actor' ? [] : [one.type === '@xstate.event' ? one.event.type : one.snapshot.value],
    );
    expect(told).toEqual(['staggered', 'start.granted', { running: 'active' }, 'attempt.ended', 'done']);
    expect(own.at(-1)).toMatchObject({ snapshot: { status: 'done' } });
  });

  it('keep actors when there is no room for everything', async () => {
    const { records } = await tracedRun({ ...run, trace: { mode: 'full' } });
    const backlog = new StatelyBacklog(40_000);
    for (const record of records) backlog.add(record);
    const kept = backlog.texts().map((text) => JSON.parse(text) as StatelyEvent);
    expect(backlog.dropped).toBeGreaterThan(0);
    expect(kept.filter(({ type }) => type === '@xstate.actor')).toHaveLength(
      records.filter(({ type }) => type === 'actor.started').length,
    );
  });
});

/** Two windows that post messages to each other, as far as both sides use them. */
function windows() {
  class Page extends EventTarget {
    self: Page = this;
    top: Page = this;
    opener: { postMessage(data: unknown): void } | null = null;
    location = { href: 'http://app.test/' };
    open = (): unknown => null;
  }
  const app = new Page();
  const inspector = new Page();
  const post = (to: Page, data: unknown, source: unknown) =>
    to.dispatchEvent(Object.assign(new Event('message'), { data: structuredClone(data), source }));
  const handle = { postMessage: (data: unknown) => post(inspector, data, app) };
  inspector.opener = { postMessage: (data) => post(app, data, handle) };
  app.open = () => handle;
  return { app: app as unknown as Window, inspector: inspector as unknown as Window };
}

describe('the inspector for browsers', () => {
  it("gives a receiver of Stately's everything from the beginning, also when it connects at the end", async () => {
    const { app, inspector } = windows();
    const sink = statelyInspector({ window: app, url: 'http://inspector.test/' });
    const { records } = await tracedRun({ ...run, trace: { sinks: [sink] } });
    const received: StatelyInspectionEvent[] = [];
    inspector.addEventListener('message', ({ data }) => received.push(data));
    createBrowserReceiver({ window: inspector });
    const actors = received.filter(({ type }) => type === '@xstate.actor');
    expect(actors).toHaveLength(records.filter(({ type }) => type === 'actor.started').length);
    expect(received[0]).toMatchObject({ type: '@xstate.actor', name: 'engine' });
  });

  it("gives a receiver of Stately's what happens, as it happens", async () => {
    const { app, inspector } = windows();
    const sink = statelyInspector({ window: app, url: 'http://inspector.test/' });
    const received: StatelyInspectionEvent[] = [];
    createBrowserReceiver({ window: inspector }).subscribe((event) => received.push(event));
    await tracedRun({ ...run, trace: { sinks: [sink] } });
    expect(received.length).toBeGreaterThan(50);
    expect(received.map(({ id }) => Number(id))).toEqual(received.map(({ id }) => Number(id)).sort((a, b) => a - b));
  });

  it('needs a window', () => {
    expect(() => statelyInspector()).toThrow(/needs a browser window/);
  });
});
