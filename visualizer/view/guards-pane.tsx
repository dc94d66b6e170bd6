import { computed } from '@preact/signals';
import {
  type ActorTrack,
  hasStarted,
  isMachine,
  lastAt,
  moveAt,
  stateText,
  type TaskTrack,
} from '../../src/trace/replay/tracks.ts';
import { countOf } from '../model/kinds-at.ts';
import { spanText } from '../model/spans.ts';
import { kindAt, type TaskKind, WORKING } from '../model/task-kind.ts';
import { kindsIn, now, selectActor, selectedActor, selectedTask, seq, trace } from '../state.ts';
import { Pane } from './pane.tsx';

/** The gate, and a breaker for each agent. */
export function GuardsPane() {
  const upTo = seq.value;
  const guards = trace().guards.filter((actor) => hasStarted(actor, upTo));
  const agents = guards.filter((actor) => isMachine(actor, 'breaker')).length;
  return (
    <Pane
      id="guards"
      title="Gate and breakers"
      note={agents > 0 ? `${agents} ${agents === 1 ? 'agent' : 'agents'}` : undefined}
    >
      {guards.length === 0 ? (
        <p class="empty">Not recorded. Run with --trace to see breakers.</p>
      ) : (
        <ul class="guards">
          {guards.map((actor) => (
            <li key={actor.id}>
              <Guard actor={actor} />
            </li>
          ))}
        </ul>
      )}
    </Pane>
  );
}

function Guard({ actor }: { actor: ActorTrack }) {
  const upTo = seq.value;
  const move = moveAt(actor, upTo);
  const state = stateText(move?.state ?? null);
  const top = state.split('.')[0] ?? '';
  const isSelected = selectedTask.value === null && selectedActor.value === actor;
  const told = move?.data ?? {};
  const refusals = isMachine(actor, 'gate') ? 0 : countUpTo(guardMoments.value.refusals.get(actor.agentId ?? ''), upTo);
  const left = move?.until !== undefined && move.until > now.value ? spanText(move.until - now.value) : null;
  const figures = isMachine(actor, 'gate')
    ? [`${busy(WAITING)} waiting`, `${busy(WORKING)} running`]
    : [top === 'closed' ? null : figure(told.failures, 'failures'), refusals > 0 ? `${refusals} refused` : null];
  const opened = countUpTo(guardMoments.value.opened.get(actor), upTo);
  return (
    <button type="button" class={`guard g-${top}`} aria-pressed={isSelected} onClick={() => selectActor(actor)}>
      <GuardMark state={top} isGate={isMachine(actor, 'gate')} />
      <span class="guard-name clip">{actor.agentId ?? actor.name}</span>
      <span class="guard-state">{state}</span>
      <span class="guard-facts">
        {[...figures, opened > 0 ? `opened ${opened}×` : null, left && `${left} left`].filter(Boolean).join(' · ')}
      </span>
    </button>
  );
}

const WAITING: ReadonlySet<TaskKind> = new Set(['staggered', 'fallback.waiting']);

/** Counted by the tasks: the gate's own figures stand in its moves, and most of what it does is not a move. */
function busy(wanted: ReadonlySet<TaskKind>): number {
  const { runs } = trace();
  const upTo = seq.value;
  const isWanted = (call: TaskTrack) => wanted.has(kindAt(call, upTo));
  return runs.reduce(
    (sum, one) => sum + countOf(kindsIn(one), wanted) + [...one.calls.values()].filter(isWanted).length,
    0,
  );
}

type Moments = { readonly seq: number }[];

/** When breakers refused a start, by agents, and when each breaker opened; in order. */
const guardMoments = computed(() => {
  const { runs, guards } = trace();
  const refusals = new Map<string, Moments>();
  for (const { tasks, calls } of runs) {
    for (const { agentId, actor } of [...calls.values(), ...tasks]) {
      for (const move of actor?.moves ?? []) {
        if (move.event !== 'start.refused' || move.data?.cause !== 'circuit_open') continue;
        const known = refusals.get(agentId);
        if (known) known.push(move);
        else refusals.set(agentId, [move]);
      }
    }
  }
  for (const list of refusals.values()) list.sort((a, b) => a.seq - b.seq);
  const opened = guards.map((actor) => [actor, actor.moves.filter((one) => stateText(one.state) === 'open')] as const);
  return { refusals, opened: new Map<ActorTrack, Moments>(opened) };
});

const countUpTo = (moments: Moments | undefined, upTo: number): number => (moments ? lastAt(moments, upTo) + 1 : 0);

const figure = (value: unknown, name: string): string | null => (typeof value === 'number' ? `${value} ${name}` : null);

/** A switch: closed it conducts, open it does not; a gate is a row of bars. */
function GuardMark({ state, isGate }: { state: string; isGate: boolean }) {
  const d = isGate
    ? 'M3 3v10M8 3v10M13 3v10M1.5 6h13M1.5 10.5h13'
    : state === 'open'
      ? 'M1.5 10h4l4.5-6M10.5 10h4'
      : state === 'halfOpen'
        ? 'M1.5 10h4l5.2-2.6M10.5 10h4'
        : 'M1.5 10h13M5.5 8v4M10.5 8v4';
  return (
    <svg class="icon guard-mark" width="18" height="18" viewBox="0 0 16 16" aria-hidden="true">
      <path d={d} />
    </svg>
  );
}
