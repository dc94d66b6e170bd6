/** Text in square brackets that is not a link. */
const MARK = /(?<!\[)\[+([^[\]\n]{1,400})\]+(?!\()/g;
const CODE = /```[\s\S]*?(?:```|$)|`[^`\n]*`/g;

/** The citations of tasks in a text, as `[task-id]` or `[one-id, other-id]`. */
export interface TaskCitations {
  /** Ids of tasks, once each. */
  cited: string[];
  /** Texts that look like a citation and are not tasks: numbers, words with hyphens, what stands beside an id. */
  unknown: string[];
}

/** Finds the citations of a text; code is not looked at. */
export function taskCitations(text: string, ids: ReadonlySet<string>): TaskCitations {
  const cited = new Set<string>();
  const unknown = new Set<string>();
  for (const { names } of marksIn(text)) {
    const isSure = names.some((name) => ids.has(name));
    for (const name of names) {
      if (ids.has(name)) cited.add(name);
      else if (isSure || /^\d+$|^[\p{L}\p{N}]+(?:[-_.][\p{L}\p{N}]+)+$/u.test(name)) unknown.add(name);
    }
  }
  return { cited: [...cited], unknown: [...unknown] };
}

/** The text with these names in brackets no longer looking like citations: the words stay, the brackets go. */
export function withoutMarks(text: string, names: readonly string[]): string {
  const gone = new Set(names);
  let result = '';
  let from = 0;
  for (const { at, length, names: named } of marksIn(text)) {
    if (!named.some((name) => gone.has(name))) continue;
    const kept = named.filter((name) => !gone.has(name));
    const words = kept.length > 0 ? `[${kept.join(', ')}]` : named.join(', ');
    result += text.slice(from, at) + words;
    from = at + length;
  }
  return result + text.slice(from);
}

function marksIn(text: string): { at: number; length: number; names: string[] }[] {
  const plain = text.replace(CODE, (code) => ' '.repeat(code.length));
  return [...plain.matchAll(MARK)].map(({ index, 0: { length }, 1: inside = '' }) => ({
    at: index,
    length,
    names: inside.split(/[,;]/).map((name) => name.trim()),
  }));
}
