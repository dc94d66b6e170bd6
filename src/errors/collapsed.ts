/** Most characters looked at: of a longer text its beginning and its end. */
const TEXT_CHARS = 32 * 1024;

/** A text with runs of white space as one space and, when it is long, without its middle: whatever reads it then is fast. */
export function collapsed(text: string): string {
  const half = TEXT_CHARS / 2;
  const bounded = text.length <= TEXT_CHARS ? text : `${text.slice(0, half)}\n${text.slice(-half)}`;
  return bounded.replace(/\s+/g, ' ');
}
