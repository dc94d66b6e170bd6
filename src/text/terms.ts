import { stemmer as stem } from 'stemmer';

const list = (words: string): ReadonlySet<string> => new Set(words.trim().split(/\s+/));

/** Words that say nothing about what a text is about. */
const STOP_WORDS = list(`
  a about above after again against all also am an and any are as at be because been before being below between both but
  by can cannot could did do does doing don down during each else ever every few for from further had has have having he
  her here hers him his how i if in into is isn it its itself just let ll may me might mine more most must my no nor not
  of off on once only or other our ours out over own per re same shall she should so some such than that the their theirs
  them then there these they this those through thus to too under until up upon us ve very via was we were what whatever
  when where whether which while who whom whose why will with within without would yes yet you your yours`);

/** Words of a question that are about the asking. */
const ASKING = list(`
  ask answer compare concern concentrate describe detail difference differ differently do done else exactly explain file
  find found get give go happen happening help know like line list look make mean need outline overview place please
  question relate role say see show stand summarise summarize summary take tell thing try understand use used using want
  way work`);

const ASKING_STEMS: ReadonlySet<string> = new Set([...ASKING].map(stem));

const TOKEN = /[\p{L}\p{N}]+/gu;
const CAMEL = /\p{Lu}+(?=\p{Lu}\p{Ll})|\p{Lu}?[\p{Ll}\p{N}]+|\p{Lu}+|\p{N}+|\p{Lo}+/gu;
const UNSPACED = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]+$/u;

/** A question of more terms than these is a text, and the first ones say what it is about. */
const MAX_TERMS = 200;

/** The words of a text, lower-case, in order; `camelCase`, `kebab-case` and `snake_case` names come apart. */
export function words(text: string): string[] {
  return tokens(text).flatMap(parts);
}

/** Topic of a text: its words without stop words, stemmed, in order, repeated as often as they occur. */
export function terms(text: string): string[] {
  return tokens(text).flatMap(termsOfToken);
}

/** The raw runs of letters and digits of a text. */
export function tokens(text: string): string[] {
  return text.match(TOKEN) ?? [];
}

/** The terms of one run of letters and digits: the unit callers may memoise. */
export function termsOfToken(token: string): string[] {
  return parts(token)
    .filter((word) => word.length > 1 && !STOP_WORDS.has(word))
    .map(stem);
}

/**
 * The distinct terms a question asks for, in order, at most 200. Words about the asking itself ("explain", "happens") count only
 * when there is nothing else.
 */
export function queryTerms(question: string): string[] {
  const all = [...new Set(terms(question))].slice(0, MAX_TERMS);
  const wanted = all.filter((term) => !ASKING_STEMS.has(term));
  return wanted.length > 0 ? wanted : all;
}

function parts(token: string): string[] {
  // Scripts without spaces have no words to find: overlapping pairs of characters stand in for them.
  if (UNSPACED.test(token)) return pairs(token);
  return (token.match(CAMEL) ?? [token]).map((part) => part.toLowerCase());
}

function pairs(token: string): string[] {
  const characters = [...token];
  if (characters.length < 3) return [token];
  return characters.slice(1).map((character, index) => `${characters[index]}${character}`);
}
