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
/** With its full stop, and one character more than that. */
const LONGEST_ABBREVIATION = 8;
const ABBREVIATION = /(?:\b(?:e\.g|i\.e|etc|vs|cf|approx|no|fig|sec|incl|resp)|\b\p{L})\.$/iu;
/** The end of a sentence before the start of one, or a dot that separates the entries of a list in running text; in single spaces. */
const BOUNDARY = / [·•] |(?<=[.!?]["')\]*`]{0,3}) (?=["'(`*_[]{0,3}[\p{Lu}\p{N}])/gu;

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
  // Sentences come in order, and so do the places asked for.
  let place = 0;
  const lineAt = (offset: number) => {
    while ((offsets[place + 1]?.from ?? Number.POSITIVE_INFINITY) <= offset) place += 1;
    return offsets[place]?.line ?? 0;
  };
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
    if (!separated && (sentence.length < MIN_CHARS || ABBREVIATION.test(sentence.slice(-LONGEST_ABBREVIATION))))
      continue;
    found.push([from, match.index]);
    from = match.index + match[0].length;
  }
  if (from < text.length) found.push([from, text.length]);
  return found;
}
