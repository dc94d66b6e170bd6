import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useSize } from './use-size.ts';

export interface VirtualListProps {
  id: string;
  role: 'listbox' | 'tree';
  label: string;
  count: number;
  rowHeight: number;
  /** Place of the row that the keys move; -1 for none. */
  active: number;
  /** Scrolled into sight when it changes. Default: the active row. */
  shown?: number;
  /** Role of a row for assistive technology. */
  attributes?: (index: number) => Record<string, string | number | boolean | undefined>;
  render: (index: number) => ComponentChildren;
  /** Keys and clicks moved to a row. */
  onActive: (index: number, how: 'key' | 'click') => void;
  /** Enter or space on the active row. */
  onChoose?: (index: number) => void;
  /** Other keys; true when it was used. */
  onKey?: (event: KeyboardEvent, index: number) => boolean;
  onScroll?: (top: number) => void;
  children?: ComponentChildren;
}

const MORE_ROWS = 6;

const waiting: (() => void)[] = [];

/** To scroll makes the browser lay out the page: all lists do it together, once everything is drawn. */
function afterDrawing(scroll: () => void): void {
  if (waiting.push(scroll) > 1) return;
  queueMicrotask(() => {
    for (const one of waiting.splice(0)) one();
  });
}

/** Rows of one height, of which only those in sight are made. One place in the tab order; arrows move inside. */
export function VirtualList(props: VirtualListProps) {
  const { id, role, label, count, rowHeight, active, render, onActive } = props;
  const [ref, { height }] = useSize<HTMLDivElement>();
  const top = useRef(0);
  const [, setSeen] = useState(0);
  const shown = props.shown ?? active;
  const page = Math.max(1, Math.floor(height / rowHeight) - 1);

  // The browser reports a scroll only after it is drawn: the rows are those of where the list will be.
  const most = Math.max(0, count * rowHeight - height);
  useMemo(() => {
    top.current = Math.min(most, Math.max(0, topFor(shown, top.current, rowHeight, height)));
  }, [shown, height, rowHeight, count]);
  const placed = useRef({ top: 0, height: 0 });
  useLayoutEffect(() => {
    const last = placed.current;
    if (last.top === top.current && last.height === height) return;
    placed.current = { top: top.current, height };
    // Not in sight: where it was scrolled to may be forgotten.
    if (height === 0) return;
    afterDrawing(() => {
      if (ref.current) ref.current.scrollTop = top.current;
    });
    props.onScroll?.(top.current);
  }, [shown, height, rowHeight, count, ref]);

  const from = Math.min(top.current, most);
  const first = Math.max(0, Math.floor(from / rowHeight) - MORE_ROWS);
  const last = Math.min(count, Math.ceil((from + height) / rowHeight) + MORE_ROWS);
  // Rows that leave at one end are used again at the other.
  const places = Math.ceil(height / rowHeight) + 2 * MORE_ROWS + 1;
  const rows = [];
  for (let index = first; index < last; index += 1) {
    rows.push(
      <div
        key={index % places}
        id={`${id}-${index}`}
        role={role === 'tree' ? 'treeitem' : 'option'}
        class={`row${index === active ? ' is-active' : ''}`}
        style={{ top: `${index * rowHeight}px`, height: `${rowHeight}px` }}
        aria-posinset={index + 1}
        aria-setsize={count}
        aria-selected={index === active}
        onClick={() => onActive(index, 'click')}
        {...props.attributes?.(index)}
      >
        {render(index)}
      </div>,
    );
  }

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const to = targetOf(event.key, active, count, page);
    if (to !== null) onActive(to, 'key');
    else if ((event.key === 'Enter' || event.key === ' ') && active >= 0 && props.onChoose) props.onChoose(active);
    else if (!props.onKey?.(event, active)) return;
    event.preventDefault();
    event.stopPropagation();
  };

  const isActiveMade = active >= first && active < last;
  return (
    <div
      ref={ref}
      id={id}
      class="virtual-list"
      role={role}
      tabIndex={0}
      aria-label={label}
      aria-activedescendant={isActiveMade ? `${id}-${active}` : undefined}
      onKeyDown={onKeyDown}
      onScroll={({ currentTarget }) => {
        if (Math.abs(currentTarget.scrollTop - top.current) < 1) return;
        top.current = currentTarget.scrollTop;
        placed.current = { top: top.current, height };
        setSeen(top.current);
        props.onScroll?.(top.current);
      }}
    >
      <div class="virtual-rows" role="presentation" style={{ height: `${count * rowHeight}px` }}>
        {rows}
      </div>
    </div>
  );
}

/** Where a list has to be scrolled to for a row to be in sight, from where it is. */
function topFor(shown: number, top: number, rowHeight: number, height: number): number {
  if (shown < 0 || height === 0) return top;
  const from = shown * rowHeight;
  const above = top - from;
  const below = from + rowHeight - top - height;
  // A step keeps what is around it where it is; a leap comes to rest in the middle.
  if (Math.max(above, below) > 3 * rowHeight) return Math.round(from - height / 2);
  if (above > 0) return from;
  return below > 0 ? from + rowHeight - height : top;
}

function targetOf(key: string, active: number, count: number, page: number): number | null {
  if (count === 0) return null;
  const bound = (index: number) => Math.min(count - 1, Math.max(0, index));
  switch (key) {
    case 'ArrowDown':
      return bound(active + 1);
    case 'ArrowUp':
      return bound(active < 0 ? count - 1 : active - 1);
    case 'PageDown':
      return bound(active + page);
    case 'PageUp':
      return bound(active - page);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}
