import { describe, expect, it } from 'vitest';
import { createMachine } from 'xstate';
import { chartMermaid, chartOutline } from '../../../src/trace/chart/chart.ts';
import { CHARTS } from '../../../src/trace/chart/chart-list.ts';
import { type ChartState, chartOf } from '../../../src/trace/chart/chart-model.ts';

function statesOf(state: ChartState): ChartState[] {
  return state.children.flatMap((child) => [child, ...statesOf(child)]);
}

describe.each(Object.entries(CHARTS))('the chart %s', (name, { machine }) => {
  it('is a diagram that names every state, and draws every edge between states it names', () => {
    const [head, ...lines] = chartMermaid(machine).trimEnd().split('\n');
    expect(head).toBe('stateDiagram-v2');
    const declared = new Set(lines.map((line) => /^\s+state ".*" as (\w+)/.exec(line)?.[1]).filter(Boolean));
    expect(declared).toEqual(new Set(statesOf(chartOf(machine)).map(({ path }) => path.join('_'))));
    for (const line of lines.filter((one) => one.includes('-->'))) {
      const [, from = '', to = ''] = /^\s+(\S+) --> (\S+)/.exec(line) ?? [];
      for (const end of [from, to]) expect(end === '[*]' || declared.has(end), line).toBe(true);
    }
    expect(lines.filter((line) => line.endsWith('{'))).toHaveLength(lines.filter((line) => line.trim() === '}').length);
  });

  it('is an outline that names every state at its depth', () => {
    const lines = chartOutline(machine).split('\n');
    expect(lines[0]).toBe(name);
    for (const { path, name: state } of statesOf(chartOf(machine))) {
      expect(
        lines.some(
          (line) =>
            line === '  '.repeat(path.length) + state || line.startsWith(`${'  '.repeat(path.length)}${state} `),
        ),
      ).toBe(true);
    }
  });
});

describe('a chart', () => {
  const machine = createMachine({
    id: 'demo',
    initial: 'idle',
    on: { 'run.cancel': '.over' },
    states: {
      idle: {
        tags: ['waiting'],
        after: { 100: 'busy' },
        on: { 'work.start': { guard: 'isReady', target: 'busy', actions: 'note' }, ping: { actions: 'answer' } },
      },
      busy: {
        initial: 'first',
        invoke: { id: 'worker', src: 'work', onDone: 'over', onError: { target: 'idle' } },
        states: { first: { always: [{ guard: 'isQuick', target: '#demo.over' }, 'second'] }, second: {} },
      },
      over: { type: 'final' },
    },
  });

  it('reports events, guards, actions, ends of invoked actors, delays and always in the outline', () => {
    expect(chartOutline(machine)).toBe(
      [
        'demo',
        '  run.cancel → over',
        '  idle (initial) #waiting',
        '    work.start [isReady] → busy / note',
        '    ping / answer',
        '    after 100 → busy',
        '  busy',
        '    invokes worker (work)',
        '    worker done → over',
        '    worker failed → idle',
        '    first (initial)',
        '      always [isQuick] → over',
        '      always → busy.second',
        '    second',
        '  over (final)',
        '',
      ].join('\n'),
    );
  });

  it('draws an event of a parent from every child but those that always answer it themselves', () => {
    const nested = createMachine({
      id: 'nested',
      initial: 'free',
      on: { stop: '.over' },
      states: {
        free: {},
        guarded: { on: { stop: { guard: 'isBusy', target: 'free' } } },
        own: { on: { stop: 'free' } },
        passing: { always: 'free' },
        over: { type: 'final' },
      },
    });
    const edges = chartMermaid(nested).match(/\w+ --> over.*/g);
    expect(edges).toEqual(['free --> over : stop', 'guarded --> over : stop']);
  });

  it('draws them as a diagram, without an edge from a state to its own child', () => {
    expect(chartMermaid(machine)).toBe(
      [
        'stateDiagram-v2',
        '  state "idle" as idle',
        '  idle : ping / answer',
        '  state "busy" as busy {',
        '    state "first" as busy_first',
        '    state "second" as busy_second',
        '    [*] --> busy_first',
        '  }',
        '  state "over" as over',
        '  [*] --> idle',
        '  over --> [*]',
        '  idle --> over : run.cancel',
        '  busy --> over : run.cancel<br/>worker done',
        '  idle --> busy : work.start [isReady]<br/>after 100',
        '  busy --> idle : worker failed',
        '  busy_first --> over : [isQuick]',
        '  busy_first --> busy_second',
        '',
      ].join('\n'),
    );
  });
});
