import { systemClock } from '../base/clock.ts';
import type { RunEvent } from '../run/events.ts';
import { escaped, escapedLines, oneLine } from '../text/foreign-text.ts';
import { createLiveArea } from './live-area.ts';
import { paintFor } from './paint.ts';
import { frameLines } from './progress-frame.ts';
import { createProgressLog, failureLine } from './progress-log.ts';
import { initialView, watchEvent } from './progress-view.ts';
import { printable } from './stdout.ts';
import { columnsOf, rowsOf } from './terminal-width.ts';

/** Shows a run on stderr while it continues. */
export interface Progress {
  watch(event: RunEvent): void;
  /** Says a line that stays. */
  say(line: string): void;
  /** Takes the view away for a conversation; what is said stays. */
  pause(): void;
  resume(): void;
  /** Leaves nothing behind but what was said. */
  stop(): void;
}

/** Time between two frames, milliseconds. */
const FRAME_MS = 100;

/** A live view in a terminal, a plain log elsewhere, nothing at all when quiet. */
export function createProgress(stream: NodeJS.WriteStream, options: { quiet: boolean }): Progress {
  if (options.quiet) return { watch() {}, say() {}, pause() {}, resume() {}, stop() {} };
  const isDumb = process.env.TERM === 'dumb';
  return stream.isTTY && !isDumb ? liveProgress(stream) : plainProgress(stream);
}

function plainProgress(stream: NodeJS.WriteStream): Progress {
  const linesOf = createProgressLog();
  const say = (line: string) => void stream.write(`${printable(line)}\n`);
  return {
    watch: (event) => {
      for (const line of linesOf(event)) say(escaped(line));
    },
    say,
    pause() {},
    resume() {},
    stop() {},
  };
}

function liveProgress(stream: NodeJS.WriteStream): Progress {
  const area = createLiveArea({
    write: (text) => stream.write(printable(text, stream)),
    get columns() {
      return stream.columns;
    },
  });
  const paint = paintFor(stream);
  const view = initialView(systemClock.now());
  let isPaused = false;
  const draw = () =>
    isPaused ||
    area.draw(frameLines(view, { columns: columnsOf(stream), rows: rowsOf(stream) }, systemClock.now(), paint));
  const timer = setInterval(draw, FRAME_MS);
  timer.unref();
  // However this process ends, the terminal is left clean.
  const clear = () => area.clear();
  process.on('exit', clear);
  return {
    watch: (event) => {
      watchEvent(view, event);
      const failure = failureLine(event);
      if (failure !== null) area.log(paint('red', failure));
      if (event.type === 'warning') area.log(paint('yellow', `warning: ${oneLine(event.message)}`));
      if (event.type === 'phase.note') area.log(paint('yellow', `${event.phase}: ${oneLine(event.message)}`));
    },
    say: (line) => area.log(escapedLines(line)),
    pause() {
      isPaused = true;
      clear();
    },
    resume() {
      isPaused = false;
    },
    stop() {
      clearInterval(timer);
      clear();
      process.off('exit', clear);
    },
  };
}
