import MiniSearch from 'minisearch';
import { termsOfToken, tokens } from './terms.ts';

/** A passage as it is searched. */
export interface Searched {
  id: number;
  text: string;
  /** Headings above it, or names it declares. */
  names: string;
  path: string;
}

/**
 * Makes a full-text search (BM25+, by `minisearch`) for certain terms alone: it counts all words of a text and remembers
 * only the wanted ones, so its size does not grow with the texts.
 *
 * @param onHit Called for every wanted term of an added passage.
 */
export function passageSearch(wanted: ReadonlySet<string>, onHit: () => void = () => {}): MiniSearch<Searched> {
  // Texts repeat their words, so most tokens cost one look-up.
  const known = new Map<string, string[] | null>();
  return new MiniSearch<Searched>({
    fields: ['text', 'names', 'path'],
    tokenize: tokens,
    processTerm: (token) => {
      let terms = known.get(token);
      if (terms === undefined) {
        const found = termsOfToken(token).filter((term) => wanted.has(term));
        terms = found.length > 0 ? found : null;
        known.set(token, terms);
      }
      if (terms) onHit();
      return terms;
    },
    searchOptions: { tokenize: (terms) => terms.split(' '), processTerm: (term) => term },
  });
}
