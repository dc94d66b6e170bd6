import type { Issue } from '../errors/soar-error.ts';
import { SoarError } from '../errors/soar-error.ts';
import { quoted } from '../text/foreign-text.ts';
import type { Passage } from '../types/passage.ts';
import { planError } from './plan-error.ts';
import type { Plan, TaskSpec } from './types.ts';

/** A file, or some lines of it. */
export interface Reading {
  path: string;
  /** 1-based, inclusive; null: the whole file. */
  lines: readonly [start: number, end: number] | null;
}

/** `docs/a.md`, `docs/a.md:12` or `docs/a.md:12-40`. */
export function parseReading(text: string): Reading {
  const [, path = text, start, end = start] = /^(.+?):(\d+)(?:-(\d+))?$/.exec(text.trim()) ?? [];
  return { path: path.trim(), lines: start === undefined ? null : [Number(start), Number(end)] };
}

/** The lines of a text that are to be read, as a passage. Throws a sentence when no lines are left. */
export function passageOf({ path, lines }: Reading, text: string): Passage {
  const all = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  if (all.length > 1 && all.at(-1) === '') all.pop();
  const [startLine, last] = lines ?? [1, all.length];
  if (startLine < 1 || startLine > last || startLine > all.length) {
    throw new Error(`it has ${all.length} ${all.length === 1 ? 'line' : 'lines'}`);
  }
  const endLine = Math.min(last, all.length);
  const shown = all.slice(startLine - 1, endLine).join('\n');
  return { id: `${path}:${startLine}-${endLine}`, path, startLine, endLine, text: shown, score: 0 };
}

/**
 * A plan whose tasks carry what they are to read as passages, before those they have.
 *
 * @param read The passage for one entry of `read`; throws when the lines do not exist. Null: nothing here reads files.
 * @throws SoarError `invalid-plan` naming every entry that cannot be read; `not-supported` when nothing here reads files.
 */
export function withReading(plan: Plan, read: ((entry: string) => Passage) | null): Plan {
  // Its form was not checked yet.
  const tasks: readonly TaskSpec[] = Array.isArray(plan?.tasks) ? plan.tasks : [];
  if (!tasks.some(isReading)) return plan;
  if (!read) {
    throw new SoarError(
      'not-supported',
      'The plan has tasks that `read` files, and this engine reads none. Use createSoar from soar-machine/node, or give them `passages`.',
    );
  }
  const issues: Issue[] = [];
  const filled = tasks.map((task, position) => {
    if (!isReading(task)) return task;
    const { read: entries = [], ...rest } = task;
    const passages = entries.flatMap((entry, place) => {
      try {
        return [read(entry)];
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        const message = `Task ${quoted(String(task.id))} cannot read ${quoted(entry)}: ${why}.`;
        issues.push({ path: `tasks[${position}].read[${place}]`, taskId: task.id, code: 'unreadable', message });
        return [];
      }
    });
    return { ...rest, passages: [...passages, ...(task.passages ?? [])] };
  });
  if (issues.length > 0) throw planError(issues);
  return { ...plan, tasks: filled };
}

function isReading(task: TaskSpec): boolean {
  return Array.isArray(task?.read) && task.read.length > 0 && task.read.every((entry) => typeof entry === 'string');
}

/** Replaces the passages of a plan by places to read: shorter, and as new as the files are when it runs. */
export function withPlaces(plan: Plan): Plan {
  const tasks = plan.tasks.map((task): TaskSpec => {
    const { passages = [], read = [], ...rest } = task;
    if (passages.length === 0) return task;
    return {
      ...rest,
      read: [...read, ...passages.map(({ path, startLine, endLine }) => `${path}:${startLine}-${endLine}`)],
    };
  });
  return { ...plan, tasks };
}
