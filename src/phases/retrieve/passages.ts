import { declaredName, FENCE, headingOf, isCommentLine, linesOf, textKind } from '../../text/passage-lines.ts';

/** Bounds of a passage. */
export const PASSAGE_SIZE = Object.freeze({ minLines: 12, maxLines: 40, maxChars: 6000 });

/** A run of a file's lines that belong together. */
export interface TextPassage {
  /** 1-based, inclusive. */
  startLine: number;
  endLine: number;
  /** The lines as they stand in the file, joined by `\n`. */
  text: string;
  /** The headings above and in it, or the names it declares. */
  names: string[];
}

/** How good a line is as the first of a passage: 0 not at all, 1 after a blank, 2 a declaration, 3 a heading. */
type Strength = 0 | 1 | 2 | 3;

/**
 * Splits a text into passages: at headings, declarations (with the comment above them) and blank lines, in that order
 * of preference. Passages do not overlap, leave out only blank lines, and are in the order of the text.
 *
 * @param path Decides how the text is read: Markdown and its kin by headings, code by declarations.
 */
export function splitPassages(text: string, path: string): TextPassage[] {
  const lines = linesOf(text);
  const prose = textKind(path) === 'prose';
  const strengths = prose ? proseStarts(lines) : codeStarts(lines);
  const trails = prose ? headingTrails(lines) : null;
  const passages: TextPassage[] = [];
  let start = 0;
  while (start < lines.length) {
    const end = passageEnd(lines, strengths, start);
    const passage = trimmed(lines, start, end, trails);
    if (passage) passages.push(passage);
    start = end;
  }
  return passages;
}

/** Index after the last line of the passage that starts at `start`. */
function passageEnd(lines: readonly string[], strengths: readonly Strength[], start: number): number {
  const { minLines, maxLines, maxChars } = PASSAGE_SIZE;
  let chars = 0;
  let best = { at: -1, strength: 0 };
  for (let at = start; at < lines.length; at++) {
    const size = at - start;
    const strength = strengths[at] ?? 0;
    if (size > 0) {
      if (strength === 3 && hasBody(lines, start, at)) return at;
      if (strength === 2 && size >= minLines) return at;
      if (strength > 0 && size >= minLines / 2 && strength >= best.strength) best = { at, strength };
      chars += (lines[at]?.length ?? 0) + 1;
      if (size >= maxLines || chars > maxChars) return best.at > 0 ? best.at : at;
    } else {
      chars = lines[at]?.length ?? 0;
    }
  }
  return lines.length;
}

/** A heading directly under a heading starts no new passage. */
function hasBody(lines: readonly string[], start: number, end: number): boolean {
  return lines.slice(start, end).some((line) => line.trim() !== '' && headingOf(line) === null);
}

function proseStarts(lines: readonly string[]): Strength[] {
  let fenced = false;
  return lines.map((line, at) => {
    if (FENCE.test(line)) {
      fenced = !fenced;
      return fenced && isBlank(lines[at - 1]) ? 1 : 0;
    }
    if (fenced) return 0;
    if (headingOf(line)) return 3;
    return isBlank(lines[at - 1]) ? 1 : 0;
  });
}

function codeStarts(lines: readonly string[]): Strength[] {
  const starts: Strength[] = lines.map((_, at) => (isBlank(lines[at - 1]) ? 1 : 0));
  lines.forEach((line, at) => {
    if (declaredName(line) === null) return;
    let first = at;
    while (first > 0 && isCommentLine(lines[first - 1] ?? '') && !isBlank(lines[first - 1])) first--;
    for (let between = first; between <= at; between++) starts[between] = 0;
    starts[first] = 2;
  });
  return starts;
}

/** For every line, the headings it stands under. */
function headingTrails(lines: readonly string[]): string[][] {
  let trail: { level: number; title: string }[] = [];
  let fenced = false;
  return lines.map((line) => {
    if (FENCE.test(line)) fenced = !fenced;
    const heading = fenced ? null : headingOf(line);
    if (heading) {
      const { level, title } = heading;
      trail = [...trail.filter((above) => above.level < level), { level, title }];
    }
    return trail.map(({ title }) => title);
  });
}

function trimmed(
  lines: readonly string[],
  start: number,
  end: number,
  trails: readonly string[][] | null,
): TextPassage | null {
  let first = start;
  let last = end - 1;
  while (first <= last && isBlank(lines[first])) first++;
  while (last >= first && isBlank(lines[last])) last--;
  if (first > last) return null;
  const own = lines.slice(first, last + 1);
  const names = trails ? (trails[last] ?? []) : own.map(declaredName).filter((name): name is string => name !== null);
  return { startLine: first + 1, endLine: last + 1, text: own.join('\n'), names: [...new Set(names)] };
}

function isBlank(line: string | undefined): boolean {
  return line === undefined || line.trim() === '';
}
