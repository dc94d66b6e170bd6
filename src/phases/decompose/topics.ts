import { inverseFrequency } from '../../text/bm25.ts';
import { declaredName, headingOf, linesOf, textKind } from '../../text/passage-lines.ts';
import { isFiller, queryTerms, terms, termsOfToken, tokens } from '../../text/terms.ts';
import type { Passage } from '../../types/passage.ts';

/** A side of the question that the retrieved text keeps coming back to. */
export interface Aspect {
  /** As it reads in running text. */
  name: string;
  /** Its stem. */
  term: string;
}

/** Words of programs, documents and plain English that name no side of anything. */
const GENERIC = new Set(
  `abstract action actual add all alone also alway array async avail await back bad base become begin better boolean bring call case catch
   certain change class clear code come comment common complete concern consider const contain content context correct count
   creat current data date declar default definit detail differ direct docs document done each early easi edit empti end enough
   entir error even event ever example except exist expect export extend extra fact fail fals few field file final first follow form
   format full function further general given good hold id ignor impl implement import includ index inform input insid
   instanc instead interfac intern item javascript join keep key kind known last later least left length level line link mark math
   list local long main map mean method minut mode modul more name nam near need never new next node none normal noth
   note null number object often old on one oper optional option order output over own packag page pair param paramet
   part pass path place plain point possibl present previou print privat prop properti public quot rather read readon report real
   reason ref refer regex relat remain replac requir rest result return right row run said same sampl second section
   see self set several shape short show simpl sinc singl size small sort sourc src standard start stat status statement static
   stay step still stop stor str string struct style sub such sum support switch symbol tabl target tag test text thing third
   thre throw time title todo token top total tru turn two type typeof typ undefin handl handler async const let enum implement privat protect declar namespac union uniqu unknown updat upper user usual valid
   valu var variabl version view void wait well whol within word writ wrong yaml yes zero`
    .split(/\s+/)
    .flatMap((word) => [word, ...terms(word)]),
);

/**
 * Names up to `limit` sides of a question, strongest first: words that stand next to the question's own words, in
 * headings, names and sentences of several passages, and are not simply everywhere.
 */
export function aspectsOf(query: string, passages: readonly Passage[], limit: number): Aspect[] {
  const asked = new Set(queryTerms(query));
  const near = new Map<string, { weight: number; forms: Map<string, number>; passages: Set<string>; lines: number }>();
  const occurs = new Map<string, number>();
  let lineCount = 0;
  for (const passage of passages) {
    const trust = passage.score > 0 ? Math.sqrt(passage.score) : 0.5;
    const code = textKind(passage.path) === 'code';
    for (const line of linesOf(passage.text)) {
      lineCount++;
      const found = new Map(tokens(line).flatMap((token) => termsOfToken(token).map((term) => [term, token] as const)));
      for (const term of found.keys()) occurs.set(term, (occurs.get(term) ?? 0) + 1);
      const shared = [...found.keys()].filter((term) => asked.has(term)).length;
      if (shared === 0 || /^\s*import\b/.test(line)) continue;
      const named = headingOf(line) !== null || declaredName(line) !== null ? 2 : 1;
      for (const [term, token] of found) {
        if (asked.has(term) || GENERIC.has(term) || isFiller(token) || term.length < 4 || !/^\p{L}+$/u.test(term))
          continue;
        const entry = near.get(term) ?? { weight: 0, forms: new Map(), passages: new Set(), lines: 0 };
        entry.lines++;
        entry.weight += (trust * shared * named * (code ? 0.7 : 1)) / Math.sqrt(found.size);
        const form = spoken(token, term);
        entry.forms.set(form, (entry.forms.get(form) ?? 0) + 1);
        entry.passages.add(passage.id);
        near.set(term, entry);
      }
    }
  }
  const ranked = [...near]
    .filter(([, entry]) => entry.passages.size >= Math.min(2, passages.length))
    .map(([term, entry]) => ({
      term,
      entry,
      worth:
        entry.weight *
        inverseFrequency(lineCount, occurs.get(term) ?? 0) *
        Math.log(1 + entry.passages.size) *
        Math.sqrt(entry.lines / (occurs.get(term) ?? 1)),
    }))
    .sort((a, b) => b.worth - a.worth || (a.term < b.term ? -1 : 1));
  const chosen: Aspect[] = [];
  for (const { term, entry } of ranked) {
    if (chosen.length >= limit) break;
    if (chosen.some((other) => other.term.startsWith(term.slice(0, 4)) || term.startsWith(other.term.slice(0, 4))))
      continue;
    chosen.push({ term, name: commonest(entry.forms) });
  }
  return chosen;
}

/** The word of a token that carries the term: `maxCoolingMs` says "cooling". */
function spoken(token: string, term: string): string {
  const parts = token.split(/(?<=[\p{Ll}\p{N}])(?=\p{Lu})/u);
  return (parts.find((part) => termsOfToken(part).includes(term)) ?? token).toLowerCase();
}

function commonest(forms: ReadonlyMap<string, number>): string {
  return [...forms].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0] ?? '';
}
