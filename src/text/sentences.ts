export interface NumberedLine {
  text: string;
  /** 1-based. */
  line: number;
}

export interface Sentence {
  text: string;
  startLine: number;
  endLine: number;
}

/** A shorter piece joins the one after it: on its own it says too little. */
const MIN_CHARS = 28;
const ABBREVIATION = /(?:\b(?:e\.g|i\.e|etc|vs|cf|approx|no|fig|sec|incl|resp)|\b\p{L})\.$/iu;
/** The end of a sentence before the start of one, or a dot that separates the entries of a list in running text. */
const BOUNDARY = /\s+[·•]\s+|(?<=[.!?]["')\]*`]{0,3})\s+(?=["'(`*_[]{0,3}[\p{Lu}\p{N}])/gu;

/** The sentences of some lines of running text, each with the lines it stands on. */
export function sentencesOf(lines: readonly NumberedLine[]): Sentence[] {
  const offsets: { from: number; line: number }[] = [];
  let joined = '';
  for (const { text, line } of lines) {
    const words = text.trim().replace(/\s+/g, ' ');
    if (words === '') continue;
    if (joined !== '') joined += ' ';
    offsets.push({ from: joined.length, line });
    joined += words;
  }
  const lineAt = (offset: number) => offsets.findLast(({ from }) => from <= offset)?.line ?? 0;
  return ranges(joined).map(([from, to]) => ({
    text: joined.slice(from, to),
    startLine: lineAt(from),
    endLine: lineAt(to - 1),
  }));
}

function ranges(text: string): [from: number, to: number][] {
  const found: [number, number][] = [];
  let from = 0;
  for (const match of text.matchAll(BOUNDARY)) {
    const sentence = text.slice(from, match.index);
    const separated = match[0].trim() !== '';
    if (!separated && (sentence.length < MIN_CHARS || ABBREVIATION.test(sentence))) continue;
    found.push([from, match.index]);
    from = match.index + match[0].length;
  }
  if (from < text.length) found.push([from, text.length]);
  return found;
}
