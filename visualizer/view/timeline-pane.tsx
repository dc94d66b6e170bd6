import { signal, useSignal } from '@preact/signals';
import { useMemo, useRef } from 'preact/hooks';
import type { TaskTrack } from '../../src/trace/replay/tracks.ts';
import { OVER } from '../model/kinds-at.ts';
import { BAR_LEGEND, barsOf } from '../model/segments.ts';
import { spanText } from '../model/spans.ts';
import { cssName, KIND_TEXTS } from '../model/task-kind.ts';
import { horizon, kindNow, kinds, now, path, run, seek, selectedTask, selectTask, trace } from '../state.ts';
import { IconButton, KindIcon } from './icons.tsx';
import { Pane } from './pane.tsx';
import { AXIS, LABELS, ROW, TimelineCanvas } from './timeline-canvas.tsx';
import { useSize } from './use-size.ts';
import { VirtualList } from './virtual-list.tsx';

/** The part of the time that is in sight; null for all of it. */
const range = signal<{ from: number; to: number } | null>(null);

export function TimelinePane() {
  const { startedAt } = trace();
  const span = Math.max(1, horizon.value - startedAt);
  const view = range.value ?? { from: startedAt, to: startedAt + span * 1.02 };
  const zoom = (factor: number, middle = now.value) => {
    const width = Math.max(10, (view.to - view.from) * factor);
    if (width >= span) {
      range.value = null;
      return;
    }
    const part = (middle - view.from) / (view.to - view.from);
    const from = Math.min(Math.max(startedAt, middle - part * width), startedAt + span * 1.02 - width);
    range.value = { from, to: from + width };
  };
  const controls = (
    <>
      <IconButton name="minus" label="Show more time" onClick={() => zoom(2)} disabled={range.value === null} />
      <IconButton name="plus" label="Show less time" onClick={() => zoom(0.5)} />
      <IconButton
        name="fit"
        label="Show all time"
        onClick={() => (range.value = null)}
        disabled={range.value === null}
      />
    </>
  );
  return (
    <Pane
      id="timeline"
      title="Timeline"
      note={
        path.value.size > 0
          ? `critical path: ${path.value.size} ${path.value.size === 1 ? 'task' : 'tasks'}`
          : undefined
      }
      controls={controls}
    >
      {run.value && run.value.tasks.length + run.value.calls.size > 0 ? (
        <>
          <Timeline view={view} zoom={zoom} />
          <div class="timeline-foot">
            <Legend />
          </div>
        </>
      ) : (
        <p class="empty">Tasks appear here as they are planned.</p>
      )}
    </Pane>
  );
}

function Legend() {
  return (
    <span class="legend">
      {BAR_LEGEND.map(({ kind, name }) => (
        <span key={kind} class="legend-item">
          <i class={`swatch s-${cssName(kind)}`} />
          {name}
        </span>
      ))}
      <span class="legend-item">
        <i class="swatch s-critical" />
        critical
      </span>
    </span>
  );
}

function Timeline({
  view,
  zoom,
}: {
  view: { from: number; to: number };
  zoom: (factor: number, middle?: number) => void;
}) {
  const [ref, size] = useSize<HTMLDivElement>();
  const top = useSignal(0);
  const shown = run.value;
  const tasks = useMemo(
    () => [
      ...(shown?.calls.values() ?? []),
      ...[...(shown?.tasks ?? [])].sort((a, b) => a.wave - b.wave || a.index - b.index),
    ],
    [shown, shown?.tasks.length, shown?.calls.size],
  );
  const places = useMemo(() => new Map(tasks.map((task, place) => [task.id, place])), [tasks]);
  const active = selectedTask.value ? (places.get(selectedTask.value.id) ?? -1) : -1;
  // With nothing selected the list keeps to where work is going on.
  const { list } = kinds.value;
  const isOver = (task: TaskTrack) => OVER.has(list[task.index] ?? kindNow(task));
  const firstOpen = Math.min(tasks.length - 1, tasks.findIndex((task) => !isOver(task)) + 4);
  const isDragging = useRef(false);
  const width = Math.max(0, size.width - LABELS);
  const timeAt = (x: number) => view.from + (Math.max(0, x - LABELS) / Math.max(1, width)) * (view.to - view.from);

  return (
    <div
      ref={ref}
      class="timeline"
      role="presentation"
      onWheel={(event) => {
        if (!event.ctrlKey && !event.metaKey) return;
        event.preventDefault();
        const left = event.currentTarget.getBoundingClientRect().left;
        zoom(event.deltaY > 0 ? 1.25 : 0.8, timeAt(event.clientX - left));
      }}
      onPointerDown={(event) => {
        const box = event.currentTarget.getBoundingClientRect();
        if (event.clientY - box.top > AXIS || event.clientX - box.left < LABELS) return;
        isDragging.current = true;
        event.currentTarget.setPointerCapture(event.pointerId);
        seek(timeAt(event.clientX - box.left));
      }}
      onPointerMove={(event) => {
        if (isDragging.current) seek(timeAt(event.clientX - event.currentTarget.getBoundingClientRect().left));
      }}
      onPointerUp={() => {
        isDragging.current = false;
      }}
    >
      <TimelineCanvas size={size} top={top} tasks={tasks} view={view} critical={path.value} active={active} />
      <div class="timeline-rows" style={{ top: `${AXIS}px` }}>
        <VirtualList
          id="timeline-list"
          role="listbox"
          label="Tasks over time"
          count={tasks.length}
          rowHeight={ROW}
          active={active}
          shown={active < 0 ? firstOpen : active}
          onActive={(index) => selectTask(tasks[index]?.id ?? null)}
          onScroll={(pixels) => {
            top.value = pixels;
          }}
          attributes={(index) => {
            const task = tasks[index];
            return task ? { 'aria-label': rowText(task, kindNow(task)), 'data-task': task.id } : {};
          }}
          render={(index) => {
            const task = tasks[index];
            if (!task) return null;
            return (
              <span class="timeline-label" style={{ width: `${LABELS - 10}px` }}>
                <KindIcon kind={kindNow(task)} size={12} />
                <span class="clip">{task.id}</span>
              </span>
            );
          }}
        />
      </div>
    </div>
  );
}

function rowText(task: Parameters<typeof barsOf>[0], kind: keyof typeof KIND_TEXTS): string {
  const bars = barsOf(task, now.value).map((bar) => {
    const name = bar.kind === 'queued' ? 'queued' : KIND_TEXTS[bar.kind];
    return `${name} ${spanText(bar.to - bar.from)}`;
  });
  return [task.id, KIND_TEXTS[kind], ...(path.value.has(task.id) ? ['on the critical path'] : []), ...bars].join(', ');
}
