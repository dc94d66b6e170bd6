/**
 * Brings the inflections of an English word to one form: `retry`, `retries`, `retried` and `retrying` meet in `retri`.
 * A light suffix stripper, made for technical prose: it would rather leave a word alone than merge two meanings.
 *
 * @param word Lower-case letters; anything else is returned as it is.
 */
export function stem(word: string): string {
  if (word.length < 3 || !/^[a-z]+$/.test(word)) return word;
  return ending(single(derivation(single(inflection(plural(word))))));
}

const VOWEL = /[aeiouy]/;

function plural(word: string): string {
  if (/(?:ss|us|is)$/.test(word)) return word;
  if (word.endsWith('ies')) return `${word.slice(0, -3)}y`;
  if (/(?:ss|x|ch|sh|zz)es$/.test(word)) return word.slice(0, -2);
  return word.length > 3 && word.endsWith('s') ? word.slice(0, -1) : word;
}

function inflection(word: string): string {
  if (word.endsWith('ied')) return `${word.slice(0, -3)}y`;
  for (const suffix of ['ing', 'ed']) {
    const rest = word.slice(0, -suffix.length);
    if (word.endsWith(suffix) && !word.endsWith('eed') && rest.length >= 3 && VOWEL.test(rest)) return rest;
  }
  return word;
}

/** A suffix goes only when enough is left of the word for it to be recognised. */
const SUFFIXES: readonly (readonly [suffix: string, rest: number])[] = [
  ['ation', 5],
  ['ator', 5],
  ['ate', 5],
  ['ion', 4],
  ['able', 4],
  ['ency', 5],
  ['ence', 5],
  ['ent', 5],
  ['ness', 4],
  ['ly', 4],
  ['er', 5],
  ['or', 5],
];

function derivation(word: string): string {
  for (const [suffix, rest] of SUFFIXES) {
    if (word.endsWith(suffix) && word.length - suffix.length >= rest) return word.slice(0, -suffix.length);
  }
  return word.length > 6 && word.endsWith('at') ? word.slice(0, -2) : word;
}

function single(word: string): string {
  return /([bdfgklmnprt])\1$/.test(word) ? word.slice(0, -1) : word;
}

function ending(word: string): string {
  if (word.length > 3 && word.endsWith('e')) return word.slice(0, -1);
  return /[^aeiou]y$/.test(word) ? `${word.slice(0, -1)}i` : word;
}
