export interface ObjectEnd {
  /** Takes the next piece of a line; says whether the line, so far, is one whole JSON object. */
  push(piece: string): boolean;
  reset(): void;
}

const SPACE: ReadonlySet<string> = new Set([' ', '\t', '\r', '\u{feff}']);

/** Knows when a line that has no end yet is a whole object, by its braces: each character is looked at once. */
export function createObjectEnd(): ObjectEnd {
  let depth = 0;
  let inString = false;
  let isEscaped = false;
  /** `before` its first brace, `inside`, `after` the last; `other` when the line is not an object. */
  let place: 'before' | 'inside' | 'after' | 'other' = 'before';

  function look(char: string): void {
    if (inString) {
      if (isEscaped) isEscaped = false;
      else if (char === '\\') isEscaped = true;
      else if (char === '"') inString = false;
    } else if (char === '"' && place === 'inside') inString = true;
    else if (char === '{' && place !== 'after') {
      depth += 1;
      place = 'inside';
    } else if (char === '}' && place === 'inside') {
      depth -= 1;
      if (depth === 0) place = 'after';
    } else if (place !== 'inside' && !SPACE.has(char)) place = 'other';
  }

  return {
    push(piece) {
      for (let at = 0; at < piece.length && place !== 'other'; at++) look(piece[at] as string);
      return place === 'after';
    },
    reset() {
      depth = 0;
      inString = false;
      isEscaped = false;
      place = 'before';
    },
  };
}
