import { cssName, type TaskKind } from '../model/task-kind.ts';

/** Lines in a square of 16, so that no state is recognized by its colour alone; the same in the drawings on canvas. */
export const KIND_PATHS: Readonly<Record<TaskKind, string>> = {
  pending: 'M8 7.2a.8.8 0 1 0 0 1.6a.8.8 0 1 0 0-1.6',
  held: 'M3 3h6.5v6.5h-6.5zM6.5 12.8h6.3v-6.3',
  staggered: 'M5 3h6M5 13h6M5.5 3c0 5 5 5 5 10M10.5 3c0 5-5 5-5 10',
  running: 'M5.5 3.5l7 4.5l-7 4.5z',
  stalled: 'M5.5 4v8M10.5 4v8',
  stopping: 'M4.5 4.5h7v7h-7z',
  retrying: 'M12.6 8a4.6 4.6 0 1 1-1.5-3.4M12.6 2.4v2.9h-2.9',
  cooling: 'M8 2.5v11M3.2 5.2l9.6 5.6M12.8 5.2l-9.6 5.6',
  circuitOpen: 'M1.5 9.5h3.5l5-5M10.5 9.5h4',
  'fallback.waiting': 'M4 2.5v4a3.5 3.5 0 0 0 3.5 3.5M10.5 10h.1M13 10h.1',
  'fallback.running': 'M4 2.5v4a3.5 3.5 0 0 0 3.5 3.5h5M9.7 7.2l2.8 2.8l-2.8 2.8',
  cancelling: 'M4 5.5h8M4 10.5h8',
  succeeded: 'M3.2 8.4l3.2 3.2l6.4-7',
  recovered: 'M2.2 7.4l2.8 3l5-6M8 12.4h5.6M11.4 9.8l2.4 2.6l-2.4 2.4',
  failed: 'M4.2 4.2l7.6 7.6M11.8 4.2l-7.6 7.6',
  cancelled: 'M3.5 8h9',
  skipped: 'M3.5 4l4 4l-4 4M8.5 4l4 4l-4 4',
};

export function KindIcon({ kind, size = 14 }: { kind: TaskKind; size?: number }) {
  return (
    <svg class={`icon k-${cssName(kind)}`} width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
      <path d={KIND_PATHS[kind]} />
    </svg>
  );
}

const GLYPHS = {
  play: 'M5 3l8 5l-8 5z',
  pause: 'M5 3.5v9M11 3.5v9',
  next: 'M4 3.5l6 4.5l-6 4.5zM12.5 3.5v9',
  back: 'M12 3.5l-6 4.5l6 4.5zM3.5 3.5v9',
  start: 'M13 3.5l-4.5 4.5l4.5 4.5M8 3.5l-4.5 4.5l4.5 4.5',
  end: 'M3 3.5l4.5 4.5l-4.5 4.5M8 3.5l4.5 4.5l-4.5 4.5',
  grow: 'M9.5 2.5h4v4M13.5 2.5l-4.5 4.5M6.5 13.5h-4v-4M2.5 13.5l4.5-4.5',
  shrink: 'M13.5 6.5h-4v-4M9.5 6.5l4.5-4.5M2.5 9.5h4v4M6.5 9.5l-4.5 4.5',
  plus: 'M8 3.5v9M3.5 8h9',
  minus: 'M3.5 8h9',
  fit: 'M2.5 5.5v-3h3M13.5 5.5v-3h-3M2.5 10.5v3h3M13.5 10.5v3h-3',
  sun: 'M8 5.2a2.8 2.8 0 1 0 0 5.6a2.8 2.8 0 1 0 0-5.6M8 1.5v1.4M8 13.1v1.4M1.5 8h1.4M13.1 8h1.4M3.4 3.4l1 1M11.6 11.6l1 1M12.6 3.4l-1 1M4.4 11.6l-1 1',
  moon: 'M13 9.6a5.4 5.4 0 1 1-6.6-6.6a4.4 4.4 0 0 0 6.6 6.6z',
  auto: 'M8 2.2a5.8 5.8 0 1 0 0 11.6zM8 2.2a5.8 5.8 0 1 1 0 11.6',
  help: 'M5.6 6a2.4 2.4 0 1 1 3.4 2.2c-.7.4-1 .8-1 1.6M8 12.6h.01',
  warning: 'M8 2.5l6 11h-12zM8 6.5v3.2M8 11.8h.01',
  right: 'M6 4l4 4l-4 4',
  down: 'M4 6l4 4l4-4',
  close: 'M4 4l8 8M12 4l-8 8',
} as const;
export type Glyph = keyof typeof GLYPHS;

export function GlyphIcon({ name, size = 14 }: { name: Glyph; size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
      <path d={GLYPHS[name]} />
    </svg>
  );
}

export function IconButton({
  name,
  label,
  onClick,
  disabled,
  pressed,
}: {
  name: Glyph;
  label: string;
  onClick: () => void;
  disabled?: boolean;
  pressed?: boolean;
}) {
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={label}
      title={label}
      onClick={onClick}
      disabled={disabled}
      aria-pressed={pressed}
    >
      <GlyphIcon name={name} />
    </button>
  );
}
