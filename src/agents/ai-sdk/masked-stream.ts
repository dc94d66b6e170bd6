/** A shorter value would blot out ordinary words: local servers take any key, such as `none`. */
const SHORTEST_SECRET = 8;

const MASK = '«masked»';

/** A text without the values that must not get out, should a server repeat them. */
export function masked(text: string, secrets: readonly string[]): string {
  return real(secrets).reduce((left, secret) => left.replaceAll(secret, MASK), text);
}

/** The same for a text that comes in pieces, of which two may share a secret. */
export interface MaskedStream {
  /** The next piece, less what may be the beginning of a secret; that comes with the next one. */
  push(piece: string): string;
  /** What was held back. */
  end(): string;
}

export function maskedStream(secrets: readonly string[]): MaskedStream {
  const values = real(secrets);
  let held = '';
  return {
    push(piece) {
      const text = masked(held + piece, values);
      held = text.slice(text.length - longestStart(text, values));
      return text.slice(0, text.length - held.length);
    },
    end() {
      const rest = held;
      held = '';
      return rest;
    },
  };
}

/** How many characters at the end of a text are the beginning of a secret. */
function longestStart(text: string, secrets: readonly string[]): number {
  let longest = 0;
  for (const secret of secrets) {
    for (let chars = Math.min(secret.length - 1, text.length); chars > longest; chars -= 1) {
      if (text.endsWith(secret.slice(0, chars))) longest = chars;
    }
  }
  return longest;
}

function real(secrets: readonly string[]): string[] {
  return secrets.filter(({ length }) => length >= SHORTEST_SECRET);
}
