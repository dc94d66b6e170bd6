/** A line of a task list, told apart from the others by its form alone. */
export type MarkdownLine =
  | { kind: 'blank' }
  | { kind: 'heading'; text: string }
  | { kind: 'task'; indent: number; done: boolean; id: string | null; text: string }
  | { kind: 'setting'; indent: number; key: string; value: string }
  | { kind: 'text'; indent: number; bullet: boolean; text: string };

const HEADING = /^ {0,3}#{1,6}\s+(.*?)\s*#*\s*$/;
const TASK = /^(\s*)[-*+]\s+\[([ xX])\](?:\s+(.*))?$/;
/** `1.`, `1.1`, `1.2.3.`, `2)`, and ids with letters in front of a number: `T1.`, `step-2:`. */
const ID = /^(?:(\d+(?:\.\d+)*)[.):]?|([A-Za-z]+[-_]?\d+(?:\.\d+)*)[.):])(?:\s+|$)/;
const SETTING = /^(\s*)[-*+]\s+(?:\*\*)?([A-Za-z]+(?:[ -][Oo]n)?)(?:\*\*)?:(?:\*\*)?(?:\s+(.*?))?\s*$/;
const BULLET = /^(\s*)[-*+]\s+/;

export function readLine(raw: string): MarkdownLine {
  const line = raw.replace(/\t/g, '    ').trimEnd();
  if (line === '') return { kind: 'blank' };
  const heading = HEADING.exec(line);
  if (heading) return { kind: 'heading', text: heading[1] ?? '' };
  const task = TASK.exec(line);
  if (task) {
    const text = task[3] ?? '';
    const id = ID.exec(text);
    return {
      kind: 'task',
      indent: task[1]?.length ?? 0,
      done: task[2] !== ' ',
      id: id ? (id[1] ?? id[2] ?? null) : null,
      text: id ? text.slice(id[0].length) : text,
    };
  }
  const setting = SETTING.exec(line);
  if (setting) {
    return { kind: 'setting', indent: setting[1]?.length ?? 0, key: setting[2] ?? '', value: setting[3] ?? '' };
  }
  const indent = line.length - line.trimStart().length;
  return { kind: 'text', indent, bullet: BULLET.test(line), text: line };
}
