/**
 * The text without the characters at its end that `isLeftOut` names. Linear, where an expression such as `/\s+$/` starts anew at every
 * character of every run.
 *
 * @example
 * withoutEnd('http://host//', (character) => character === '/'); // 'http://host'
 */
export function withoutEnd(text: string, isLeftOut: (character: string) => boolean): string {
  let end = text.length;
  while (end > 0 && isLeftOut(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

/** Whether a character is white space or one of `marks`, for {@link withoutEnd}. */
export function isSpaceOr(marks: string): (character: string) => boolean {
  return (character) => character.trim() === '' || marks.includes(character);
}
