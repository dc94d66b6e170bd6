import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { RunTrack } from '../../src/trace/replay/tracks.ts';
import { layout } from '../elk.ts';
import { type Box, type Drawing, elkPlan } from '../model/layout.ts';
import { cssName, KIND_TEXTS, shortText } from '../model/task-kind.ts';
import { kinds, path, selectedTask, selectTask } from '../state.ts';
import { fittedText } from './fitted-text.ts';
import { KIND_PATHS } from './icons.tsx';
import { linePath } from './line-path.ts';
import { useSize } from './use-size.ts';

const cardSize = (tasks: number) => (tasks > 60 ? { width: 104, height: 24 } : { width: 132, height: 38 });

/** The plan as boxes and arrows, waves from left to right. */
export function PlanGraph({ run }: { run: RunTrack }) {
  const [drawing, setDrawing] = useState<Drawing | null>(null);
  const [ref, size] = useSize<HTMLDivElement>();
  const card = cardSize(run.tasks.length);
  useEffect(() => {
    let isGone = false;
    layout(elkPlan(run.tasks, card)).then((placed) => {
      if (!isGone) setDrawing(placed);
    });
    return () => {
      isGone = true;
    };
  }, [run]);
  const scale = drawing ? Math.max(0.8, Math.min(1.15, size.width / drawing.width, size.height / drawing.height)) : 1;
  return (
    <div ref={ref} class="scroll-box">
      {drawing ? <Graph run={run} drawing={drawing} scale={scale} /> : <p class="empty">Laying out…</p>}
    </div>
  );
}

function Graph({ run, drawing, scale }: { run: RunTrack; drawing: Drawing; scale: number }) {
  const list = useRef<SVGSVGElement>(null);
  const selected = selectedTask.value?.id ?? null;
  const states = kinds.value.list;
  const critical = path.value;
  const boxes = useMemo(() => new Map(drawing.boxes.map((box) => [box.id, box])), [drawing]);
  const waves = useMemo(() => waveHeads(run, boxes), [run, boxes]);
  useEffect(() => {
    const card = selected && list.current?.querySelector(`[data-task="${CSS.escape(selected)}"]`);
    if (card) card.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [selected, drawing]);
  const tabStop = selected ?? run.tasks[0]?.id;

  const onKeyDown = (event: KeyboardEvent) => {
    const to = neighbour(boxes, selected ?? run.tasks[0]?.id ?? '', event.key);
    if (to === null) return;
    event.preventDefault();
    selectTask(to);
    list.current?.querySelector<SVGGElement>(`[data-task="${CSS.escape(to)}"]`)?.focus();
  };

  return (
    <svg
      ref={list}
      width={drawing.width * scale}
      height={drawing.height * scale}
      viewBox={`0 0 ${drawing.width} ${drawing.height}`}
      class="plan-graph"
      role="listbox"
      aria-label="Tasks of the plan, by waves"
      tabindex={-1}
      onKeyDown={onKeyDown}
    >
      <g role="presentation" aria-hidden="true">
        {waves.map(({ wave, x, width }) => (
          <g key={wave}>
            <text x={x + 2} y={17} class="wave-head">
              Wave {wave}
            </text>
            <line x1={x} x2={x + width} y1={23} y2={23} class="wave-line" />
          </g>
        ))}
        {drawing.lines.map(({ id, points }) => {
          const [from = '', to = ''] = id.split('→');
          const isNear = from === selected || to === selected;
          const isCritical = critical.has(from) && critical.has(to);
          return (
            <path
              key={id}
              d={linePath(points)}
              class={`dependency${isCritical ? ' is-critical' : ''}${isNear ? ' is-near' : ''}`}
            />
          );
        })}
      </g>
      {run.tasks.map((task) => {
        const box = boxes.get(task.id);
        const kind = states[task.index] ?? 'pending';
        if (!box) return null;
        const isSmall = box.height < 30;
        const room = box.width - 36;
        return (
          <g
            key={task.id}
            data-task={task.id}
            data-kind={kind}
            role="option"
            // In lower case: an SVG element knows no other.
            tabindex={task.id === tabStop ? 0 : -1}
            aria-selected={task.id === selected}
            transform={`translate(${box.x} ${box.y})`}
            class={`card k-${cssName(kind)}${task.id === selected ? ' is-selected' : ''}${critical.has(task.id) ? ' is-critical' : ''}`}
            onClick={() => selectTask(task.id)}
            onFocus={() => {
              if (selected !== task.id && selected !== null) selectTask(task.id);
            }}
          >
            <title>{`${task.id} by ${task.agentId}, wave ${task.wave}, ${KIND_TEXTS[kind]}${task.critical ? ', critical task' : ''}`}</title>
            <rect width={box.width} height={box.height} rx={5} class="card-box" />
            <rect x={0} y={0} width={4} height={box.height} rx={2} class="card-edge" />
            <path d={KIND_PATHS[kind]} class="card-icon" transform={`translate(10 ${box.height / 2 - 8})`} />
            <text x={32} y={16} class="card-name">
              {fittedText(task.id, '600 11.5px', room)}
            </text>
            {!isSmall && (
              <text x={32} y={30} class="card-note">
                {fittedText(`${task.agentId} · ${shortText(kind)}`, '10px', room)}
              </text>
            )}
          </g>
        );
      })}
    </svg>
  );
}

function waveHeads(run: RunTrack, boxes: ReadonlyMap<string, Box>): { wave: number; x: number; width: number }[] {
  const waves = new Map<number, { from: number; to: number }>();
  for (const { id, wave } of run.tasks) {
    const box = boxes.get(id);
    if (!box) continue;
    const known = waves.get(wave) ?? { from: Infinity, to: 0 };
    waves.set(wave, { from: Math.min(known.from, box.x), to: Math.max(known.to, box.x + box.width) });
  }
  return [...waves].map(([wave, { from, to }]) => ({ wave, x: from, width: to - from }));
}

/** The next box in the direction of an arrow key; null for other keys and at the edge. */
function neighbour(boxes: ReadonlyMap<string, Box>, from: string, key: string): string | null {
  const here = boxes.get(from);
  const along = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[key];
  if (!here || !along) return null;
  const [dx = 0, dy = 0] = along;
  let best: string | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const [id, box] of boxes) {
    if (id === from) continue;
    const x = box.x - here.x;
    const y = box.y - here.y;
    const forward = x * dx + y * dy;
    const sideways = Math.abs(x * dy) + Math.abs(y * dx);
    if (forward < 8 || (dy !== 0 && sideways > here.width)) continue;
    const distance = forward + 2 * sideways;
    if (distance < least) {
      least = distance;
      best = id;
    }
  }
  return best;
}
