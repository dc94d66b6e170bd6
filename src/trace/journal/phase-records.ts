import type { SoarContext } from '../../machines/soar/events.ts';
import { summaryOf } from '../../machines/soar/logic.ts';
import type { LogEntry, StoredResult, StoredRun } from '../../run/entries.ts';
import type { ChartDefinition } from '../chart/chart.schema.ts';
import { clip } from '../plain.ts';
import { chartNamed, transitionKeys } from './chart-keys.ts';
import type { Tell } from './task-records.ts';

type Of<T extends LogEntry['type']> = Extract<LogEntry, { type: T }>;

const LINE_CHARS = 500;

/** Meaning of a phase's output to the run. */
const FOUND: Readonly<Record<string, keyof SoarContext>> = {
  assess: 'assessment',
  retrieve: 'retrieval',
  decompose: 'decomposition',
  route: 'routing',
  synthesize: 'synthesis',
};

/** The actor that a run is, and the phases of a question, worked out from what a journal keeps of them. */
export class PhaseRecords {
  readonly actor: string;
  readonly machine: 'collect' | 'soar';
  readonly #stored: StoredRun;
  readonly #run: string;
  readonly #add: Tell;
  #state: string;
  #complexity: unknown;
  #moves = 0;
  /** Phases that are to be completed after the present one. */
  readonly #ahead: string[];
  #isApproved: boolean;

  constructor(stored: StoredRun, tell: Tell) {
    this.#stored = stored;
    this.#add = tell;
    this.#run = stored.header.runId;
    this.actor = `${this.#run}:run`;
    this.machine = stored.header.query === undefined ? 'collect' : 'soar';
    this.#state = this.machine === 'soar' ? 'assess' : 'collecting';
    this.#ahead = stored.entries.flatMap((entry) => (entry.type === 'phase.completed' ? [entry.phase] : []));
    this.#isApproved = stored.header.approve !== true;
  }

  begin(at: number): void {
    const { actor, machine } = this;
    const about = { actor, id: this.#run, parent: null, machine, runId: this.#run };
    this.#add(at, 'root', { type: 'actor.started', ...about, state: this.#state });
    if (machine === 'soar') this.#phase('assess', at);
  }

  completed({ phase, output, record, at }: Of<'phase.completed'>, tally: string): void {
    const found = { [FOUND[phase] ?? phase]: output } as unknown as SoarContext;
    if (phase === 'assess') this.#complexity = (output as { complexity?: unknown } | null)?.complexity;
    if (record?.note !== undefined) {
      const message = clip(record.note, LINE_CHARS);
      this.#add(at, `note/${phase}`, { type: 'phase.note', runId: this.#run, phase, message });
    }
    this.#add(at, `done/${phase}`, {
      type: 'phase.completed',
      runId: this.#run,
      phase,
      summary: clip(phase === 'collect' ? tally : summaryOf(phase, found), LINE_CHARS),
      ...(typeof this.#complexity === 'string' ? { complexity: this.#complexity } : {}),
      ...(record ? { by: record.by } : {}),
      ...(record?.cached ? { cached: record.cached } : {}),
    });
    this.#ahead.shift();
    const next = this.#next(phase);
    if (next === null) return;
    this.#move(at, next, `xstate.done.actor.${phase}`);
    if (next !== 'approve') this.#phase(next, at);
  }

  /** A person has approved the plan. */
  approved(at: number): void {
    this.#isApproved = true;
    this.#move(at, 'collect', 'plan.approve');
    this.#phase('collect', at);
  }

  ended({ status }: StoredResult, at: number): void {
    const isDone = this.machine === 'collect' || status === 'succeeded' || status === 'partial';
    const to = !isDone ? status : this.#state === 'route' ? 'planned' : 'done';
    const event = this.machine === 'collect' ? '' : `xstate.done.actor.${this.#state}`;
    this.#move(at, to, event, 'done');
  }

  /** The phase or state that follows; null when it is not for this to report. */
  #next(phase: string): string | null {
    if (phase === 'route' && !this.#isApproved) return 'approve';
    const [ahead] = this.#ahead;
    if (ahead !== undefined) return ahead;
    const { entries } = this.#stored;
    const isOver = entries.at(-1)?.type === 'run.settled';
    const wasCollected = phase === 'route' && entries.some(({ type }) => type === 'plan.compiled');
    if (isOver && !wasCollected) return null;
    return usualNext(phase);
  }

  #phase(phase: string, at: number): void {
    this.#add(at, `phase/${phase}`, { type: 'phase.started', runId: this.#run, phase });
  }

  #move(at: number, to: string, event: string, status?: 'done'): void {
    const keys = transitionKeys(this.machine, { from: this.#state, event, to, last: true });
    this.#state = to;
    this.#moves += 1;
    const { actor } = this;
    const more = status ? { status } : {};
    this.#add(at, `${actor}#${this.#moves}`, { type: 'actor.moved', actor, state: to, event, keys, ...more });
  }
}

/** The phase that follows when nothing is out of the ordinary, as the chart of a question has it. */
function usualNext(phase: string): string | null {
  const states: readonly ChartDefinition[] = chartNamed('soar').states ?? [];
  const done = states
    .find(({ key }) => key === phase)
    ?.transitions?.findLast(({ event }) => event === `xstate.done.actor.${phase}`);
  const next = done?.targets[0]?.split('.')[1];
  const isFinal = states.some(({ key, type }) => key === next && type === 'final');
  return next === undefined || isFinal ? null : next;
}
