import { didYouMean } from '../errors/nearest.ts';
import type { Issue } from '../errors/soar-error.ts';
import { quoted } from '../text/foreign-text.ts';
import { readLine } from './markdown-lines.ts';
import { applySetting, fieldsOf, type MarkdownSettings, settingName } from './markdown-settings.ts';
import { idFault } from './plan.schema.ts';
import { planError } from './plan-error.ts';
import type { Plan, TaskSpec } from './types.ts';

/** A task while it is read. */
interface Draft {
  /** 1-based. */
  line: number;
  indent: number;
  id: string | null;
  done: boolean;
  text: string[];
  settings: MarkdownSettings;
  /** Where its dependencies stand. */
  dependsLine: number;
}

const FENCE = /^\s*(`{3,}|~{3,})/;
const COMMENT = /<!--(.*?)-->/gs;
const COMMENT_SETTING = /^\s*([A-Za-z]+(?:[ -][Oo]n)?)\s*:\s*(.*?)\s*$/s;

/**
 * Reads a Markdown task list as a plan.
 *
 * A task is a list item with a box, `- [ ] 1. text`; a ticked one (`- [x]`) counts as done before. Its id is the number in
 * front (or the next free number), its text goes on over the lines indented below it. `- Agent: @name`, `- Depends: 1, 2.1`,
 * `- Critical: yes` and `- Timeout: 60s` below a task are its settings, also as `<!-- agent: name -->`. The first heading is
 * the goal; everything else is left alone.
 *
 * Throws {@link SoarError} `invalid-plan` with every fault and its line: no tasks, ids used twice, unknown settings or
 * dependencies.
 *
 * @example
 * parseMarkdownPlan('# Release\n- [ ] 1. Run the tests\n- [ ] 2. Tag it\n  - Depends: 1').tasks[1].dependsOn; // ['1']
 */
export function parseMarkdownPlan(text: string, name?: string): Plan {
  const issues: Issue[] = [];
  const { goal, drafts } = readDrafts(text, issues);
  if (drafts.length === 0) {
    const message = 'There is no task in it; a task is a line such as `- [ ] 1. What to do`.';
    issues.push({ path: '', message, code: 'no-tasks' });
  }
  const ids = nameTasks(drafts, issues);
  const tasks = drafts.map((draft): TaskSpec => {
    const prompt = textOf(draft);
    const id = draft.id ?? '';
    if (prompt === '') issues.push(at(draft.line, `Task ${quoted(id)} has no text.`, 'missing', id));
    const dependsOn = dependenciesOf(draft, ids, issues);
    const order = dependsOn.length > 0 ? { dependsOn } : {};
    return { id, prompt, ...fieldsOf(draft.settings), ...order, ...(draft.done ? { done: { output: '' } } : {}) };
  });
  if (issues.length > 0) throw planError(issues, { name });
  return { ...(goal === null ? {} : { goal }), tasks };
}

function at(line: number, message: string, code: string, taskId?: string): Issue {
  return { path: `line ${line}`, message: `Line ${line}: ${message}`, code, ...(taskId ? { taskId } : {}) };
}

function readDrafts(text: string, issues: Issue[]): { goal: string | null; drafts: Draft[] } {
  const drafts: Draft[] = [];
  let goal: string | null = null;
  let task: Draft | null = null;
  let fence: string | null = null;
  let afterBlank = false;

  const set = (draft: Draft, key: string, value: string, line: number) => {
    const fault = applySetting(draft.settings, key, value);
    if (fault !== null) issues.push(at(line, fault, 'unknown-setting', draft.id ?? undefined));
    if (settingName(key) === 'depends') draft.dependsLine = line;
  };

  for (const [i, raw] of withoutComments(text).entries()) {
    const number = i + 1;
    const mark = FENCE.exec(raw.text)?.[1];
    if (fence !== null || mark !== undefined) {
      if (fence === null) fence = mark ?? null;
      else if (mark?.startsWith(fence)) fence = null;
      if (task && indentOf(raw.text) > task.indent) task.text.push(raw.text);
      continue;
    }
    const line = readLine(raw.text);
    if (line.kind === 'task') {
      const { indent, id, done } = line;
      task = { line: number, indent, id, done, text: [line.text], settings: {}, dependsLine: number };
      drafts.push(task);
    } else if (line.kind === 'heading') {
      goal ??= line.text;
      task = null;
    } else if (line.kind === 'blank') {
      if (task && raw.comments.length === 0) task.text.push('');
    } else if (task) {
      // Text right below goes on with a task even when it is not indented, as Markdown has it.
      const goesOn = line.indent > task.indent || (line.kind === 'text' && !line.bullet && !afterBlank);
      if (!goesOn) task = null;
      else if (line.kind === 'setting') set(task, line.key, line.value, number);
      else task.text.push(raw.text);
    }
    for (const [, key = '', value = ''] of raw.comments.map((comment) => COMMENT_SETTING.exec(comment) ?? [])) {
      if (task && settingName(key) !== null) set(task, key, value, number);
    }
    afterBlank = line.kind === 'blank' && raw.comments.length === 0;
  }
  return { goal, drafts };
}

/** The lines without HTML comments; a comment belongs to the line it begins on. Comments in fenced code are code. */
function withoutComments(text: string): { text: string; comments: string[] }[] {
  const comments = new Map<number, string[]>();
  let line = 0;
  let from = 0;
  let fence: string | null = null;
  const body = text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
  const fenced = body.split('\n').map((raw) => {
    const mark = FENCE.exec(raw)?.[1];
    const inside = fence !== null || mark !== undefined;
    if (fence === null) fence = mark ?? null;
    else if (mark?.startsWith(fence)) fence = null;
    return inside;
  });
  const cleaned = body.replace(COMMENT, (comment: string, inner: string, offset: number) => {
    for (let next = body.indexOf('\n', from); next !== -1 && next < offset; next = body.indexOf('\n', from)) {
      line += 1;
      from = next + 1;
    }
    if (fenced[line]) return comment;
    comments.set(line, [...(comments.get(line) ?? []), inner]);
    return comment.replace(/[^\n]/g, '');
  });
  return cleaned.split('\n').map((raw, i) => ({ text: raw, comments: comments.get(i) ?? [] }));
}

function indentOf(raw: string): number {
  const line = raw.replace(/\t/g, '    ');
  return line.trim() === '' ? Number.POSITIVE_INFINITY : line.length - line.trimStart().length;
}

/** Its lines without the indentation they share, and without blank ones around. */
function textOf({ text: [first = '', ...rest] }: Draft): string {
  const lines = rest.map((line) => line.replace(/\t/g, '    ').trimEnd());
  const shared = Math.min(...lines.filter((line) => line !== '').map(indentOf));
  return [first, ...lines.map((line) => line.slice(Number.isFinite(shared) ? shared : 0))].join('\n').trim();
}

/** Gives a number to every task without an id, and says where each id stands. */
function nameTasks(drafts: readonly Draft[], issues: Issue[]): Map<string, number> {
  const lines = new Map<string, number>();
  for (const { id, line } of drafts) {
    if (id === null) continue;
    const first = lines.get(id);
    if (first === undefined) lines.set(id, line);
    else
      issues.push(
        at(line, `Task id ${quoted(id)} is already used on line ${first}; ids must be unique.`, 'duplicate-id', id),
      );
    const fault = idFault(id);
    if (fault) issues.push(at(line, `Expected the id ${fault.message}.`, fault.code));
  }
  let next = 1;
  for (const draft of drafts) {
    if (draft.id !== null) continue;
    while (lines.has(String(next))) next += 1;
    draft.id = String(next);
    lines.set(draft.id, draft.line);
  }
  return lines;
}

function dependenciesOf(draft: Draft, ids: ReadonlyMap<string, number>, issues: Issue[]): string[] {
  return (draft.settings.dependsOn ?? []).map((written) => {
    const bare = written.replace(/\.$/, '');
    // `1.0` is how some number the task `1`.
    const found = [written, bare, bare.replace(/\.0$/, '')].find((id) => ids.has(id));
    if (found === undefined) {
      const message = `Task ${quoted(draft.id ?? '')} depends on ${quoted(written)}, which is not in the list.`;
      const hint = issues.length < 20 ? didYouMean(written, ids.keys()) : '';
      issues.push(at(draft.dependsLine, message + hint, 'unknown-dependency', draft.id ?? undefined));
    }
    return found ?? written;
  });
}
