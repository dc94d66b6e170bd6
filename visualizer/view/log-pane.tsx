import { signal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { filterLog, LOG_GROUPS, type LogGroup, logText } from '../model/log-rows.ts';
import { clockText } from '../model/spans.ts';
import {
  isFollowing,
  seekRecord,
  selectActor,
  selectedActor,
  selectedTask,
  selection,
  selectTask,
  seq,
  trace,
} from '../state.ts';
import { VirtualList } from './virtual-list.tsx';

const hidden = signal<ReadonlySet<LogGroup>>(new Set(['life', 'activity']));
const words = signal('');
const onlySelected = signal(false);

export const LOG_ROW = 22;

function toggle(group: LogGroup): void {
  const next = new Set(hidden.value);
  if (!next.delete(group)) next.add(group);
  hidden.value = next;
}

/** Everything that was recorded, what is still to come dimmed; choosing a row goes to its instant. */
export function LogView() {
  const store = trace();
  const task = selectedTask.value;
  const actor = selectedActor.value;
  const isBound = onlySelected.value && selection.value !== null && (task !== null || actor !== null);
  const rows = useMemo(
    () =>
      filterLog(store, {
        hidden: hidden.value,
        words: words.value,
        actor: isBound ? (actor?.id ?? null) : null,
        task: isBound ? (task?.id ?? null) : null,
      }),
    [store, store.lastSeq, hidden.value, words.value, isBound, actor, task],
  );
  const current = lastPlace(rows, store.log, seq.value);
  return (
    <div class="log">
      <div class="log-filters">
        <input
          type="search"
          class="search"
          aria-label="Filter events by words"
          placeholder="Filter…"
          value={words.value}
          onInput={({ currentTarget }) => {
            words.value = currentTarget.value;
          }}
        />
        <fieldset class="chips">
          <legend class="sr-only">Kinds of events</legend>
          {LOG_GROUPS.map(({ id, name }) => (
            <button key={id} type="button" class="chip" aria-pressed={!hidden.value.has(id)} onClick={() => toggle(id)}>
              {name}
            </button>
          ))}
          <button
            type="button"
            class="chip"
            aria-pressed={onlySelected.value}
            disabled={task === null && actor === null}
            onClick={() => {
              onlySelected.value = !onlySelected.value;
            }}
          >
            Selected only
          </button>
        </fieldset>
        <span class="count" role="status">
          {rows.length.toLocaleString('en')} events
        </span>
      </div>
      <VirtualList
        id="log-list"
        role="listbox"
        label="Events"
        count={rows.length}
        rowHeight={LOG_ROW}
        active={current}
        onActive={(place) => {
          const index = rows[place];
          if (index === undefined) return;
          seekRecord(index);
          choose(index);
        }}
        attributes={(place) => {
          const record = store.log[rows[place] ?? -1];
          return {
            class: `row log-row${place === current ? ' is-active' : ''}${record && record.seq > seq.value ? ' is-ahead' : ''}`,
          };
        }}
        render={(place) => {
          const record = store.log[rows[place] ?? -1];
          if (!record) return null;
          const { who, what, by, tone } = logText(store, record);
          return (
            <>
              <span class="mono time">{clockText(record.at - store.startedAt)}</span>
              <span class="who clip">{who}</span>
              <span class={`what clip tone-${tone}`}>{what}</span>
              <span class="by clip">{by}</span>
            </>
          );
        }}
      />
    </div>
  );
}

function choose(index: number): void {
  const store = trace();
  const record = store.log[index];
  if (!record) return;
  const actor = 'actor' in record ? store.actors.get(record.actor) : undefined;
  if (actor) selectActor(actor);
  else if ('taskId' in record && record.taskId !== undefined) selectTask(record.taskId);
  if (index === store.log.length - 1) isFollowing.value = true;
}

/** The last row that is not ahead of an instant. */
function lastPlace(rows: readonly number[], log: readonly { seq: number }[], upTo: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((log[rows[middle] as number]?.seq ?? 0) <= upTo) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
