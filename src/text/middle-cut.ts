/** Below this a piece of a text says nothing: the mark of the cut alone stands for it. */
const SMALLEST_PIECE = 40;

/** Head and tail of a text around a mark, together at most `limit` long; where that is too little, the mark alone. */
export function middleCut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const room = limit - mark(text.length).length;
  if (room < SMALLEST_PIECE) return mark(text.length);
  const headEnd = withoutHalf(text, Math.ceil(room * 0.6));
  const tailStart = withoutHalf(text, text.length - Math.floor(room * 0.4) + 1);
  return `${text.slice(0, headEnd)}${mark(tailStart - headEnd)}${text.slice(tailStart)}`;
}

/** The length that, as a limit of each text, makes them fit together: what short ones leave goes to the long ones. */
export function fairShare(texts: readonly string[], maxChars: number): number {
  const lengths = texts.map((text) => text.length).sort((a, b) => a - b);
  let left = Math.max(0, maxChars);
  for (const [i, length] of lengths.entries()) {
    const share = Math.floor(left / (lengths.length - i));
    if (length > share) return share;
    left -= length;
  }
  return Number.POSITIVE_INFINITY;
}

function mark(count: number): string {
  return `[… ${count} characters cut …]`;
}

/** An index that does not split a character in two. */
function withoutHalf(text: string, index: number): number {
  const code = text.charCodeAt(index);
  return code >= 0xdc00 && code <= 0xdfff ? index - 1 : index;
}
