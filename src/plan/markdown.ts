import { quoted } from '../text/foreign-text.ts';
import { bareSetting, decoratedSetting, type MarkdownLine, orderMark, readLine } from './markdown-lines.ts';
import {
  applySetting,
  fieldsOf,
  isOrderWord,
  isReadable,
  isSetting,
  type MarkdownSettings,
  settingName,
} from './markdown-settings.ts';
import { type LineFault, lineFault, type PlanSource, planOf } from './plan-source.ts';
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
  /** Line of its dependencies, also of `Depends: none`; null when it states none. */
  dependsLine: number | null;
  /** The task it is nested in. */
  parent: Draft | null;
}

/** Lines below a heading such as "Dependencies", by their number. */
type OrderLines = { line: number; text: string }[];

const FENCE = /^\s*(`{3,}|~{3,})/;
const COMMENT_SETTING = /^\s*([A-Za-z]+(?:[ -][Oo]n)?)\s*:(.*)$/s;
const ORDER_HEADING = /\b(?:dependenc(?:y|ies)|execution order|parallel)\b/i;

/**
 * Reads a Markdown task list as a plan.
 *
 * A task is a list item with a box, `- [ ] 1. text`; a ticked one (`- [x]`) counts as done before. Its id is the number in
 * front (or the next free number), its text continues on the lines indented below it. `- Agent: @name`, `- Depends: 1, 2.1`,
 * `- Critical: yes` and `- Timeout: 60s` below a task are its settings, also without a bullet and as `<!-- agent: name -->`.
 * The first heading is the goal. Prose around the tasks is ignored.
 *
 * A line that another tool gives a meaning this format has not is a fault: other boxes, `[P]`, `(depends on T001)`, a setting
 * below no task, a section that states an order in words, a nested task that states no order.
 *
 * @throws SoarError `invalid-plan` with every fault and its line.
 * @example
 * parseMarkdownPlan('# Release\n- [ ] 1. Run the tests\n- [ ] 2. Tag it\n  - Depends: 1').tasks[1].dependsOn; // ['1']
 */
export function parseMarkdownPlan(text: string, name?: string): Plan {
  return planOf(readMarkdown(text), name);
}

/** Reads a Markdown task list as data; what it cannot read is in `faults`. */
export function readMarkdown(text: string): PlanSource {
  const faults: LineFault[] = [];
  const { goal, drafts, orderLines } = readDrafts(text, faults);
  if (drafts.length === 0) {
    const message = 'There is no task in it; a task is a line such as `- [ ] 1. What to do`.';
    faults.push({ line: 0, path: '', message, code: 'no-tasks' });
  }
  const ids = nameTasks(drafts);
  for (const draft of drafts) checkDraft(draft, ids, faults);
  faults.push(...statedOrder(orderLines, ids));
  const tasks = drafts.map((draft): TaskSpec => {
    const dependsOn = dependenciesOf(draft, ids);
    const order = dependsOn.length > 0 ? { dependsOn } : {};
    const done = draft.done ? { done: { output: '' } } : {};
    return { id: draft.id ?? '', prompt: textOf(draft), ...fieldsOf(draft.settings), ...order, ...done };
  });
  const lineOf = ([first, position, key]: readonly PropertyKey[]) => {
    const draft = first === 'tasks' ? drafts[Number(position)] : undefined;
    return draft ? (key === 'dependsOn' ? draft.dependsLine : draft.line) : null;
  };
  return { value: { ...(goal === null ? {} : { goal }), tasks }, lineOf, faults, notes: notesOn(tasks) };
}

/** A list that states no order is valid, and seldom meant. */
function notesOn(tasks: readonly TaskSpec[]): string[] {
  const open = tasks.filter(({ done }) => !done);
  if (open.length < 2 || tasks.some(({ dependsOn = [] }) => dependsOn.length > 0)) return [];
  return [
    `The list states no order, so all ${open.length} tasks may start at once; write \`- Depends: 1\` below a task to order it.`,
  ];
}

function readDrafts(
  text: string,
  faults: LineFault[],
): { goal: string | null; drafts: Draft[]; orderLines: OrderLines } {
  const drafts: Draft[] = [];
  const orderLines: OrderLines = [];
  let goal: string | null = null;
  let task: Draft | null = null;
  let fence: string | null = null;
  let afterBlank = false;
  let isOrderSection = false;

  const set = (draft: Draft, { key, value, isBare }: Setting, line: number) => {
    const fault = applySetting(draft.settings, key, value, isBare);
    if (fault !== null) faults.push(lineFault(line, fault, 'unknown-setting', draft.id));
    if (isOrderWord(key)) draft.dependsLine = line;
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
      const parent = enclosing(task, indent);
      task = { line: number, indent, id, done, text: [line.text], settings: {}, dependsLine: null, parent };
      drafts.push(task);
      isOrderSection = false;
    } else if (line.kind === 'heading') {
      goal ??= line.text;
      isOrderSection = drafts.length > 0 && ORDER_HEADING.test(line.text);
      task = null;
    } else if (line.kind === 'blank') {
      if (task && raw.comments.length === 0) task.text.push('');
    } else if (line.kind === 'unknown-box') {
      const message = `${quoted(line.box)} is not a box of a task list. Write \`- [ ]\` for a task, \`- [x]\` for one that is done, and a space after it.`;
      faults.push(lineFault(number, message, 'unknown-box'));
    } else {
      // Text right below continues a task even when it is not indented, as in Markdown.
      const belongs = task && (line.indent > task.indent || (line.kind === 'text' && !line.bullet && !afterBlank));
      if (!belongs) task = null;
      if (isOrderSection) orderLines.push({ line: number, text: raw.text });
      const setting = settingOf(line, raw.text);
      if (task && setting) set(task, setting, number);
      else if (task) task.text.push(raw.text);
      else if (setting && isMisplaced(setting, drafts.length > 0)) {
        const message = `${quoted(`${setting.key}: ${setting.value}`)} stands below no task. Indent it below the task it belongs to.`;
        faults.push(lineFault(number, message, 'unknown-setting'));
      }
    }
    for (const [, key = '', value = ''] of raw.comments.map((comment) => COMMENT_SETTING.exec(comment) ?? [])) {
      if (task && settingName(key) !== null) set(task, { key, value }, number);
    }
    afterBlank = line.kind === 'blank' && raw.comments.length === 0;
  }
  return { goal, drafts, orderLines };
}

interface Setting {
  key: string;
  value: string;
  /** Without a bullet it may be text. */
  isBare?: boolean;
}

/** The setting a line is. One that states an order may be emphasized, quoted or numbered. */
function settingOf(line: MarkdownLine, raw: string): Setting | null {
  if (line.kind === 'setting') return line;
  if (line.kind !== 'text') return null;
  const decorated = decoratedSetting(raw);
  if (decorated && isOrderWord(decorated.key)) return decorated;
  const bare = line.bullet ? null : bareSetting(raw);
  return bare && isSetting(bare.key, bare.value) ? { ...bare, isBare: true } : null;
}

/** Whether a setting below no task would be lost. Above the first task, as in front matter, only an order would. */
function isMisplaced({ key, value }: { key: string; value: string }, isBelowTasks: boolean): boolean {
  return isBelowTasks ? isReadable(key, value) : isOrderWord(key) && /\d|\[\s*[^\s\]]/.test(value);
}

/** The nearest task above that a line of this indentation is nested in. */
function enclosing(above: Draft | null, indent: number): Draft | null {
  let draft = above;
  while (draft && draft.indent >= indent) draft = draft.parent;
  return draft;
}

function checkDraft(draft: Draft, ids: ReadonlySet<string>, faults: LineFault[]): void {
  const { line, id, done, parent, text } = draft;
  if (textOf(draft) === '') faults.push(lineFault(line, `Task ${quoted(id ?? '')} has no text.`, 'missing', id));
  const mark = orderMark(text[0] ?? '', ids);
  if (mark !== null && !done) {
    const named = mark.match(/(?<![A-Za-z])[A-Za-z]*\d[\w.-]{0,100}/g) ?? ['none'];
    const message = `${quoted(mark)} states an order in a form that is not read here. Remove it, and write \`- Depends: ${named.join(', ')}\` below task ${quoted(id ?? '')}.`;
    faults.push(lineFault(line, message, 'unknown-mark', id));
  }
  if (parent && !parent.done && !done && draft.dependsLine === null) {
    const message = `Task ${quoted(id ?? '')} is nested in task ${quoted(parent.id ?? '')}, which states no order. Write \`- Depends: ${parent.id}\` or \`- Depends: none\` below it, or unindent it.`;
    faults.push(lineFault(line, message, 'nested-task', id));
  }
}

/** A section that states the order of tasks in words: nothing reads it, so it must not be passed over. */
function statedOrder(lines: OrderLines, ids: ReadonlySet<string>): LineFault[] {
  const first = lines.find(({ text }) =>
    (text.match(/[\w.-]{1,200}/g) ?? []).some(
      (word) => /[A-Za-z]\d|\d\.\d/.test(word) && ids.has(word.replace(/\.$/, '')),
    ),
  );
  if (!first) return [];
  const message =
    'This section states the order of tasks in words, which is not read. Write `- Depends: 1` below the tasks, and remove the section.';
  return [lineFault(first.line, message, 'stated-order')];
}

/** The lines without HTML comments; a comment belongs to the line it begins on. Comments in fenced code are code. */
function withoutComments(text: string): { text: string; comments: string[] }[] {
  const comments = new Map<number, string[]>();
  let line = 0;
  let fence: string | null = null;
  const body = text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
  let end = body.indexOf('\n');
  const fenced = body.split('\n').map((raw) => {
    const mark = FENCE.exec(raw)?.[1];
    const inside = fence !== null || mark !== undefined;
    if (fence === null) fence = mark ?? null;
    else if (mark?.startsWith(fence)) fence = null;
    return inside;
  });
  const cleaned = replaceComments(body, (comment, offset) => {
    while (end !== -1 && end < offset) {
      line += 1;
      end = body.indexOf('\n', end + 1);
    }
    if (fenced[line]) return comment;
    const inner = comment.slice('<!--'.length, -'-->'.length);
    const found = comments.get(line);
    if (found) found.push(inner);
    else comments.set(line, [inner]);
    return comment.replace(/[^\n]/g, '');
  });
  return cleaned.split('\n').map((raw, i) => ({ text: raw, comments: comments.get(i) ?? [] }));
}

/** The text with each HTML comment replaced. Linear, also where comments do not end. */
function replaceComments(text: string, replacement: (comment: string, offset: number) => string): string {
  const parts: string[] = [];
  let from = 0;
  for (;;) {
    const start = text.indexOf('<!--', from);
    const end = start < 0 ? -1 : text.indexOf('-->', start + '<!--'.length);
    if (end < 0) return parts.join('') + text.slice(from);
    parts.push(text.slice(from, start), replacement(text.slice(start, end + '-->'.length), start));
    from = end + '-->'.length;
  }
}

function indentOf(raw: string): number {
  const line = raw.replace(/\t/g, '    ');
  return line.trim() === '' ? Number.POSITIVE_INFINITY : line.length - line.trimStart().length;
}

/** Its lines without the indentation they share, and without blank ones around. */
function textOf({ text: [first = '', ...rest] }: Draft): string {
  const lines = rest.map((line) => line.replace(/\t/g, '    ').trimEnd());
  const shared = lines.reduce(
    (least, line) => (line === '' ? least : Math.min(least, indentOf(line))),
    Number.POSITIVE_INFINITY,
  );
  return [first, ...lines.map((line) => line.slice(Number.isFinite(shared) ? shared : 0))].join('\n').trim();
}

/** Gives the next free number to every task without an id. Returns all ids. */
function nameTasks(drafts: readonly Draft[]): Set<string> {
  const ids = new Set(drafts.flatMap(({ id }) => (id === null ? [] : [id])));
  let next = 1;
  for (const draft of drafts) {
    if (draft.id !== null) continue;
    while (ids.has(String(next))) next += 1;
    draft.id = String(next);
    ids.add(draft.id);
  }
  return ids;
}

/** The ids a task depends on, as the tasks write them where there is such a task. */
function dependenciesOf({ settings }: Draft, ids: ReadonlySet<string>): string[] {
  return (settings.dependsOn ?? []).map((written) => {
    const bare = written.replace(/\.$/, '');
    // `1.0` is how some number the task `1`.
    return [written, bare, bare.replace(/\.0$/, '')].find((id) => ids.has(id)) ?? written;
  });
}
