import { type Overview, phaseBands } from '../model/segments.ts';
import { clockText, spanText } from '../model/spans.ts';
import {
  goToEnd,
  horizon,
  isFollowing,
  isLive,
  isPlaying,
  now,
  overview,
  runActor,
  SPEEDS,
  seek,
  speed,
  step,
  togglePlay,
  trace,
} from '../state.ts';
import { colours, useCanvas } from './canvas.ts';
import { GlyphIcon, IconButton } from './icons.tsx';
import { useSize } from './use-size.ts';

/** Time: play, step, speed, and a slider over a picture of how busy the run was. */
export function Scrubber() {
  const { startedAt } = trace();
  const span = Math.max(1, horizon.value - startedAt);
  const at = now.value - startedAt;
  return (
    <footer class="scrubber" aria-label="Time">
      <div class="transport">
        <IconButton name="start" label="To the beginning (Home)" onClick={() => seek(startedAt)} />
        <IconButton name="back" label="One step back (,)" onClick={() => step(-1)} />
        <button
          type="button"
          class="play"
          aria-label={isPlaying.value ? 'Pause (space)' : 'Play (space)'}
          onClick={togglePlay}
        >
          <GlyphIcon name={isPlaying.value ? 'pause' : 'play'} size={16} />
        </button>
        <IconButton name="next" label="One step on (.)" onClick={() => step(1)} />
        <IconButton name="end" label="To the end (End)" onClick={goToEnd} />
      </div>
      <span class="clock mono" data-testid="clock">
        {clockText(at)}
        <span class="by"> / {clockText(span)}</span>
      </span>
      <div class="track">
        <TrackPicture />
        <input
          type="range"
          class="slider"
          aria-label="Time"
          aria-valuetext={`${spanText(at)} of ${spanText(span)}`}
          min={0}
          max={span}
          step={Math.max(1, Math.round(span / 2000))}
          value={at}
          onInput={({ currentTarget }) => {
            isPlaying.value = false;
            seek(startedAt + Number(currentTarget.value));
          }}
        />
      </div>
      <label class="speed">
        <span class="sr-only">Speed</span>
        <select
          value={String(speed.value)}
          onChange={({ currentTarget }) => (speed.value = Number(currentTarget.value))}
        >
          {SPEEDS.map((one) => (
            <option key={one} value={String(one)}>
              {one}×
            </option>
          ))}
        </select>
      </label>
      {isLive.value && (
        <button type="button" class="chip live" aria-pressed={isFollowing.value} onClick={goToEnd}>
          <i class="dot" />
          Live
        </button>
      )}
    </footer>
  );
}

/** The phases of a question, named where there is room. */
function drawPhases(
  context: CanvasRenderingContext2D,
  size: { width: number; height: number },
  bands: readonly { phase: string; from: number; to: number }[],
  xOf: (time: number) => number,
): void {
  const palette = colours();
  context.font = `10px ${palette.of('--sans')}`;
  context.textBaseline = 'top';
  for (const [index, { phase, from, to }] of bands.entries()) {
    const [x, end] = [xOf(from), xOf(to)];
    context.fillStyle = palette.of(index % 2 === 0 ? '--raised' : '--chosen');
    context.fillRect(x, 0, end - x, size.height);
    if (context.measureText(phase).width + 8 > end - x) continue;
    context.fillStyle = palette.of('--muted');
    context.fillText(phase, x + 4, 3);
  }
}

/** Tasks that ran (filled) and that waited (above them), with failures and opened breakers as marks. */
function TrackPicture() {
  const [ref, size] = useSize<HTMLDivElement>();
  const view = overview.value;
  const { startedAt } = trace();
  const span = Math.max(1, horizon.value - startedAt);
  const at = now.value;
  const bands = phaseBands(runActor.value, horizon.value);
  const frame = useCanvas(
    size,
    (context, isBlank) => {
      if (!view || !isBlank) return;
      const palette = colours();
      const xOf = (time: number) => ((time - startedAt) / span) * size.width;
      drawPhases(context, size, bands, xOf);
      context.fillStyle = palette.kind('failed');
      for (const mark of view.marks) context.fillRect(xOf(mark.at) - 1, 0, 2, 5);
      context.fillStyle = palette.of('--line-strong');
      context.fillRect(0, size.height - 1, size.width, 1);
    },
    [view],
  );
  // The names of phases stand above what ran.
  const room = size.height - (bands.length > 0 ? 16 : 8);
  const load = useCanvas(
    size,
    (context, isBlank) => {
      if (view && isBlank) drawLoad(context, size, view, room);
    },
    [view, room],
  );
  const steps = view?.running.length ?? 1;
  const done = Math.min(1, (Math.floor(((at - startedAt) / span) * steps) + 1) / steps);
  return (
    <div ref={ref} class="track-picture" aria-hidden="true">
      <canvas ref={frame} />
      <canvas ref={load} class="load" style={{ '--done': `${done * 100}%` }} />
    </div>
  );
}

/** Running and waiting tasks, in steps of time. */
function drawLoad(
  context: CanvasRenderingContext2D,
  size: { width: number; height: number },
  { running, waiting, peak }: Overview,
  room: number,
): void {
  const palette = colours();
  const floor = size.height - 1;
  const unit = room / peak;
  const width = size.width / running.length;
  for (const [step, count] of running.entries()) {
    const x = step * width;
    context.fillStyle = palette.kind('staggered');
    const all = count + (waiting[step] ?? 0);
    if (all > count) context.fillRect(x, floor - all * unit, width + 0.3, (all - count) * unit);
    context.fillStyle = palette.kind('running');
    if (count > 0) context.fillRect(x, floor - count * unit, width + 0.3, count * unit);
  }
}
