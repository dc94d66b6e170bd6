/** A line of a task list, recognized by its form alone. */
export type MarkdownLine =
  | { kind: 'blank' }
  | { kind: 'heading'; text: string }
  | { kind: 'task'; indent: number; done: boolean; id: string | null; text: string }
  | { kind: 'setting'; indent: number; key: string; value: string }
  | { kind: 'unknown-box'; indent: number; box: string }
  | { kind: 'text'; indent: number; bullet: boolean; text: string };

const HEADING = /^ {0,3}#{1,6}\s+(.*)$/s;
const TASK = /^(\s*)[-*+]\s+\[([ xX])\](?:\s+(.*))?$/s;
/** `1.`, `1.1`, `1.2.3.`, `2)`, ids with letters in front of a number (`T1.`, `step-2:`), and `T001` alone. */
const ID = /^(?:(\d+(?:\.\d+)*)[.):]?|([A-Za-z]+[-_]?\d+(?:\.\d+)*)[.):]|(T\d+))(?:\s+|$)/;
/** A list item whose box is neither `[ ]` nor `[x]`, is numbered, or touches the text after it. A link is not a box. */
const UNKNOWN_BOX = /^(\s*)((?:[-*+]|\d{1,9}[.)])\s+\[(?:[^\p{L}\p{N}[\]]{0,3}|\s{0,3}[xX]\s{0,3})\])(?!\()/u;
const SETTING = /^(\s*)[-*+]\s+(?:\*\*)?([A-Za-z]+(?:[ -][Oo]n)?)(?:\*\*)?:(?:\*\*)?(?:\s+(.*))?$/s;
const BULLET = /^(\s*)[-*+]\s+/;

export function readLine(raw: string): MarkdownLine {
  const line = raw.replace(/\t/g, '    ').trimEnd();
  if (line === '') return { kind: 'blank' };
  const heading = HEADING.exec(line);
  if (heading) return { kind: 'heading', text: withoutHashes(heading[1] ?? '') };
  const task = TASK.exec(line);
  if (task) {
    const text = task[3] ?? '';
    const id = ID.exec(text);
    return {
      kind: 'task',
      indent: task[1]?.length ?? 0,
      done: task[2] !== ' ',
      id: id ? (id[1] ?? id[2] ?? id[3] ?? null) : null,
      text: id ? text.slice(id[0].length) : text,
    };
  }
  const [, before = '', box] = UNKNOWN_BOX.exec(line) ?? [];
  if (box !== undefined) return { kind: 'unknown-box', indent: before.length, box };
  const setting = SETTING.exec(line);
  if (setting) {
    return { kind: 'setting', indent: setting[1]?.length ?? 0, key: setting[2] ?? '', value: setting[3] ?? '' };
  }
  const indent = line.length - line.trimStart().length;
  return { kind: 'text', indent, bullet: BULLET.test(line), text: line };
}

/** A heading's text without the hashes that close it. */
function withoutHashes(text: string): string {
  let end = text.length;
  while (text[end - 1] === '#') end -= 1;
  return end === 0 || text[end - 1] === ' ' ? text.slice(0, end).trimEnd() : text;
}

const BARE_SETTING = /^\s*[*_`]{0,3}([A-Za-z]+(?:[ _-][A-Za-z]+)?)[*_`]{0,3}:[*_`]{0,3}\s+(\S.*)$/;

/** A line `Key: value` without a bullet, also where it is emphasized, or null. */
export function bareSetting(text: string): { key: string; value: string } | null {
  const [, key, value = ''] = BARE_SETTING.exec(text.trimEnd()) ?? [];
  return key === undefined ? null : { key, value: value.replace(/[*_`]{1,3}$/, '') };
}

/** Marks around a setting: bullets, numbers, quotes, boxes, emphasis. */
const DECORATED =
  /^[\s>*+_`~-]{0,40}(?:\d{1,9}[.)]\s{1,8})?[*_`~]{0,4}([A-Za-z]+(?:[ _-][A-Za-z]+)?)[*_`~]{0,4}:(.*)$/s;
const EMPHASIS = /[*_`~]{1,4}/g;

/** A line that is `Key: value` under its decoration (`_Depends: 1_`, `> **Depends on:** 1`, `1. Depends: 1`), or null. */
export function decoratedSetting(text: string): { key: string; value: string } | null {
  const [, key, value = ''] = DECORATED.exec(text.trimEnd()) ?? [];
  return key === undefined ? null : { key, value: value.replace(EMPHASIS, '').trim() };
}

/** Marks of other tools that say something of the order: `[P]`, `(P)`, `(depends on T001)` at the end. */
const PARALLEL = /^(?:\[(?:P|parallel)\]|\((?:P|parallel)\))(?=\s|$)/i;
const IN_PARENTHESES =
  /[([](?:depends(?: on)?|depends-on|dependencies|deps|blocked by|requires|needs|after)\b[^()[\]]{1,200}[)\]]/i;

const IN_TEXT =
  /(?<![\p{L}\p{N}])(?:(?:depends(?:[ _-]on)?|dependencies|deps|blocked[ _-]by|requires|needs|after) ?[:=(]|depends on|blocked by) ?([#\w., -]{1,200})/giu;

/**
 * A mark in the text of a task that states an order in the form of another tool, or null. Outside of parentheses it is one where it
 * names a task.
 */
export function orderMark(text: string, ids: ReadonlySet<string>): string | null {
  const mark = PARALLEL.exec(text)?.[0] ?? IN_PARENTHESES.exec(text)?.[0];
  if (mark !== undefined) return mark;
  const isNamed = (words = '') =>
    (words.match(/[\w.-]{1,100}/g) ?? []).some((word) => ids.has(word.replace(/\.$/, '')));
  for (const [found, words] of text.matchAll(IN_TEXT)) if (isNamed(words)) return found.trim();
  return null;
}
