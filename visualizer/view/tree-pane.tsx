import { signal } from '@preact/signals';
import { hasEnded, moveAt, stateText } from '../../src/trace/replay/tracks.ts';
import { treeRows } from '../model/tree.ts';
import { kindNow, run, selectActor, selectedActor, seq, trace } from '../state.ts';
import { GlyphIcon, KindIcon } from './icons.tsx';
import { VirtualList } from './virtual-list.tsx';

const collapsed = signal<ReadonlySet<string>>(new Set());
const aliveOnly = signal(false);
/** An actor that is not a task has no place in the selection of the others until it is chosen here. */
const pointed = signal<string | null>(null);

function setCollapsed(id: string, isCollapsed: boolean): void {
  const next = new Set(collapsed.value);
  if (isCollapsed) next.add(id);
  else next.delete(id);
  collapsed.value = next;
}

/** The actors that exist at the instant looked at. */
export function TreeView() {
  const { roots } = trace();
  const rows = treeRows(roots, { seq: seq.value, collapsed: collapsed.value, aliveOnly: aliveOnly.value });
  const chosen = selectedActor.value?.id ?? pointed.value;
  const active = rows.findIndex(({ actor }) => actor.id === chosen);
  const choose = (index: number) => {
    const actor = rows[index]?.actor;
    if (!actor) return;
    pointed.value = actor.id;
    selectActor(actor);
  };
  return (
    <div class="log">
      <div class="log-filters">
        <button
          type="button"
          class="chip"
          aria-pressed={aliveOnly.value}
          onClick={() => (aliveOnly.value = !aliveOnly.value)}
        >
          Alive only
        </button>
        <span class="count" role="status">
          {rows.length.toLocaleString('en')} actors
        </span>
      </div>
      <VirtualList
        id="tree-list"
        role="tree"
        label="Actors"
        count={rows.length}
        rowHeight={22}
        active={active}
        onActive={(index, how) => {
          const row = rows[index];
          if (how === 'click' && row?.hasChildren && index === active) setCollapsed(row.actor.id, row.isExpanded);
          choose(index);
        }}
        onKey={({ key }, index) => {
          const row = rows[index];
          if (!row || (key !== 'ArrowLeft' && key !== 'ArrowRight')) return false;
          if (key === 'ArrowRight' && row.hasChildren && !row.isExpanded) setCollapsed(row.actor.id, false);
          else if (key === 'ArrowRight' && row.isExpanded) choose(index + 1);
          else if (key === 'ArrowLeft' && row.isExpanded) setCollapsed(row.actor.id, true);
          else if (key === 'ArrowLeft') choose(rows.findIndex(({ actor }) => actor === row.actor.parent));
          return true;
        }}
        attributes={(index) => {
          const row = rows[index];
          return { 'aria-level': row?.level ?? 1, 'aria-expanded': row?.hasChildren ? row.isExpanded : undefined };
        }}
        render={(index) => {
          const row = rows[index];
          if (!row) return null;
          const { actor, level, hasChildren, isExpanded } = row;
          const isOver = hasEnded(actor, seq.value);
          const state = isOver ? actor.endStatus : stateText(moveAt(actor, seq.value)?.state ?? null);
          return (
            <span class={`tree-row${isOver ? ' is-over' : ''}`} style={{ paddingLeft: `${(level - 1) * 14}px` }}>
              <span class="twist">{hasChildren && <GlyphIcon name={isExpanded ? 'down' : 'right'} size={12} />}</span>
              <Mark id={actor.taskId} />
              <span class="name">{actor.name}</span>
              {actor.machine && actor.machine !== actor.name && <span class="by">{actor.machine}</span>}
              <span class="state-text">{state}</span>
            </span>
          );
        }}
      />
    </div>
  );
}

function Mark({ id }: { id: string | undefined }) {
  const task = id === undefined ? undefined : (run.value?.byId.get(id) ?? run.value?.calls.get(id));
  if (!task) return null;
  return <KindIcon kind={kindNow(task)} size={12} />;
}
