import { useLayoutEffect, useRef } from 'preact/hooks';
import type { BarKind } from '../model/segments.ts';
import { cssName, type TaskKind } from '../model/task-kind.ts';
import { isDark } from '../state.ts';
import { KIND_PATHS } from './icons.tsx';

/**
 * A canvas as sharp as the screen, drawn again whenever its view is.
 *
 * @param keep While these stay the same, the size and the colours, too, what is on the canvas stays; `draw` receives that
 *   and adds what has changed. Default: nothing stays.
 */
export function useCanvas(
  size: { width: number; height: number },
  draw: (context: CanvasRenderingContext2D, isBlank: boolean) => void,
  keep?: readonly unknown[],
): { current: HTMLCanvasElement | null } {
  const ref = useRef<HTMLCanvasElement>(null);
  const kept = useRef<readonly unknown[]>([]);
  const dark = isDark.value;
  useLayoutEffect(() => {
    const canvas = ref.current;
    const context = canvas?.getContext('2d');
    if (!canvas || !context || size.width === 0 || size.height === 0) return;
    const ratio = globalThis.devicePixelRatio || 1;
    const [width, height] = [Math.round(size.width * ratio), Math.round(size.height * ratio)];
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const wanted = keep ? [canvas, width, height, ratio, dark, ...keep] : [];
    const isBlank = wanted.length === 0 || wanted.some((one, index) => one !== kept.current[index]);
    kept.current = wanted;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (isBlank) context.clearRect(0, 0, size.width, size.height);
    draw(context, isBlank);
  });
  return ref;
}

export interface Colours {
  of(name: string): string;
  kind(kind: BarKind): string;
  isDark: boolean;
}

const known = new Map<string, string>();
let knownFor: boolean | null = null;

/** The colours of the style sheet, for drawings. */
export function colours(): Colours {
  const dark = isDark.value;
  if (knownFor !== dark) {
    known.clear();
    knownFor = dark;
  }
  const of = (name: string) => {
    let colour = known.get(name);
    if (colour === undefined) {
      colour = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
      known.set(name, colour);
    }
    return colour;
  };
  return { of, kind: (kind) => of(`--k-${cssName(kind)}`), isDark: dark };
}

const icons = new Map<TaskKind, Path2D>();

/** The icon of a kind, in a square of `size` at a place. */
export function drawIcon(
  context: CanvasRenderingContext2D,
  kind: TaskKind,
  x: number,
  y: number,
  size: number,
  colour: string,
): void {
  let icon = icons.get(kind);
  if (!icon) {
    icon = new Path2D(KIND_PATHS[kind]);
    icons.set(kind, icon);
  }
  context.save();
  context.translate(x, y);
  context.scale(size / 16, size / 16);
  context.lineWidth = 2;
  context.lineCap = 'round';
  context.lineJoin = 'round';
  context.strokeStyle = colour;
  context.stroke(icon);
  context.restore();
}

const patterns = new Map<string, CanvasPattern | null>();

/** Fill of a bar: a colour, and for waits and the fallback a pattern of their own. */
export function barFill(
  context: CanvasRenderingContext2D,
  kind: BarKind,
  { kind: colourOf, of }: Colours,
): string | CanvasPattern {
  const colour = colourOf(kind);
  const pattern = PATTERNS[kind];
  if (!pattern) return colour;
  const paper = of('--panel');
  const key = `${kind}/${colour}/${paper}`;
  let made = patterns.get(key);
  if (made === undefined) {
    const tile = document.createElement('canvas');
    tile.width = tile.height = TILE * 2;
    const ink = tile.getContext('2d');
    if (ink) {
      ink.scale(2, 2);
      ink.fillStyle = paper;
      ink.fillRect(0, 0, TILE, TILE);
      ink.globalAlpha = 0.28;
      ink.fillStyle = colour;
      ink.fillRect(0, 0, TILE, TILE);
      ink.globalAlpha = 1;
      ink.strokeStyle = ink.fillStyle = colour;
      pattern(ink);
    }
    made = context.createPattern(tile, 'repeat');
    made?.setTransform(new DOMMatrix().scale(0.5));
    patterns.set(key, made);
  }
  return made ?? colour;
}

const TILE = 6;

function lines(ink: CanvasRenderingContext2D, points: readonly (readonly [number, number, number, number])[]): void {
  ink.lineWidth = 1.6;
  ink.beginPath();
  for (const [x1, y1, x2, y2] of points) {
    ink.moveTo(x1, y1);
    ink.lineTo(x2, y2);
  }
  ink.stroke();
}

const rising = [
  [-1, 7, 7, -1],
  [-4, 4, 4, -4],
  [2, 10, 10, 2],
] as const;
const falling = rising.map(([x1, y1, x2, y2]) => [x1, TILE - y1, x2, TILE - y2] as const);

const PATTERNS: Partial<Record<BarKind, (ink: CanvasRenderingContext2D) => void>> = {
  queued: () => {},
  held: () => {},
  staggered: () => {},
  retrying: (ink) => lines(ink, rising),
  cooling: (ink) => {
    ink.beginPath();
    ink.arc(1.5, 1.5, 1.1, 0, 7);
    ink.arc(4.5, 4.5, 1.1, 0, 7);
    ink.fill();
  },
  circuitOpen: (ink) => {
    lines(ink, rising);
    lines(ink, falling);
  },
  'fallback.waiting': () => {},
  'fallback.running': (ink) => {
    ink.fillRect(0, 0, TILE, TILE);
    ink.globalCompositeOperation = 'destination-out';
    ink.fillRect(0, 2.5, TILE, 1.2);
    ink.globalCompositeOperation = 'source-over';
  },
  stalled: (ink) => lines(ink, [[1.5, 0, 1.5, 6]]),
  stopping: (ink) => lines(ink, falling),
  cancelling: (ink) => lines(ink, falling),
};
