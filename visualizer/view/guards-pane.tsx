import { spanText } from '../model/spans.ts';
import { kindAt, type TaskKind } from '../model/task-kind.ts';
import { type ActorTrack, hasStarted, type Move, moveAt, stateText } from '../model/tracks.ts';
import { now, selectActor, selectedActor, selectedTask, seq, trace } from '../state.ts';
import { Pane } from './pane.tsx';

/** The gate, and a breaker for each agent. */
export function GuardsPane() {
  const upTo = seq.value;
  const guards = trace().guards.filter((actor) => hasStarted(actor, upTo));
  const agents = guards.filter(({ machine }) => machine === 'breaker').length;
  return (
    <Pane
      id="guards"
      title="Gate and breakers"
      note={agents > 0 ? `${agents} ${agents === 1 ? 'agent' : 'agents'}` : undefined}
    >
      {guards.length === 0 ? (
        <p class="empty">This trace tells of none.</p>
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
  const refusals = actor.machine === 'gate' ? 0 : refusalsOf(actor.agent);
  const left = move?.until !== undefined && move.until > now.value ? spanText(move.until - now.value) : null;
  const figures =
    actor.machine === 'gate'
      ? [`${busy(WAITING)} waiting`, `${busy(WORKING)} running`]
      : [top === 'closed' ? null : figure(told.failures, 'failures'), refusals > 0 ? `${refusals} refused` : null];
  const opened = actor.moves.filter((one) => one.seq <= upTo && stateText(one.state) === 'open').length;
  return (
    <button type="button" class={`guard g-${top}`} aria-pressed={isSelected} onClick={() => selectActor(actor)}>
      <GuardMark state={top} isGate={actor.machine === 'gate'} />
      <span class="guard-name clip">{actor.agent ?? actor.name}</span>
      <span class="guard-state">{state}</span>
      <span class="guard-facts">
        {[...figures, opened > 0 ? `opened ${opened}×` : null, left && `${left} left`].filter(Boolean).join(' · ')}
      </span>
    </button>
  );
}

const WAITING: ReadonlySet<TaskKind> = new Set(['staggered', 'fallbackWaiting']);
const WORKING: ReadonlySet<TaskKind> = new Set(['running', 'stalled', 'stopping', 'fallback', 'cancelling']);

/** Counted by the tasks: the gate's own figures stand in its moves, and most of what it does is no move. */
function busy(wanted: ReadonlySet<TaskKind>): number {
  const { runs } = trace();
  return runs
    .flatMap(({ tasks, calls }) => [...calls.values(), ...tasks])
    .reduce((sum, task) => sum + (wanted.has(kindAt(task, seq.value)) ? 1 : 0), 0);
}

function refusalsOf(agent: string | undefined): number {
  const { runs } = trace();
  const tasks = runs
    .flatMap(({ tasks, calls }) => [...calls.values(), ...tasks])
    .filter((task) => task.agent === agent);
  const isRefusal = ({ event, seq: at, data }: Move) =>
    event === 'start.refused' && at <= seq.value && data?.cause === 'circuit_open';
  return tasks.reduce((sum, { actor }) => sum + (actor?.moves.filter(isRefusal).length ?? 0), 0);
}

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
