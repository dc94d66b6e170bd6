import { AgentError } from '../errors/agent-error.ts';
import { cite } from '../text/citations.ts';
import { oneLine } from '../text/foreign-text.ts';
import { declaredName, headingOf, linesOf } from '../text/passage-lines.ts';
import { queryTerms, terms } from '../text/terms.ts';
import type { Agent } from '../types/agent.ts';
import type { Passage } from '../types/passage.ts';
import { BUILTIN_PROFILES } from './builtin-profiles.ts';

/** Most passages of an answer, most lines of each, and most characters of a line. */
const SHOWN = Object.freeze({ passages: 5, lines: 8, chars: 200 });

/** Words of the question that a passage must hold; all of a shorter question. */
const MATCHING = 2;

/**
 * Shows the passages of its request that share two words with the question, without a model: at most five, each with its name,
 * its place, and the lines that fit best.
 *
 * Fails as `not_found` when no passage does.
 */
export function extractiveAgent(): Agent {
  return {
    ...BUILTIN_PROFILES.extract,
    run: ({ question, passages = [] }, { signal, heartbeat, progress }) => {
      signal.throwIfAborted();
      heartbeat();
      const wanted = new Set(queryTerms(question));
      const found = passages.filter((passage) => sharedTerms(passage, wanted) >= Math.min(MATCHING, wanted.size));
      progress({ done: passages.length, total: passages.length, message: 'passages read' });
      if (found.length === 0) {
        throw new AgentError('not_found', `No passage matches: ${oneLine(question).slice(0, SHOWN.chars)}`, {
          fault: 'task',
        });
      }
      return found
        .slice(0, SHOWN.passages)
        .map((passage) => shown(passage, wanted))
        .join('\n\n');
    },
  };
}

function sharedTerms({ path, text }: Passage, wanted: ReadonlySet<string>): number {
  return new Set(terms(`${path} ${text}`).filter((term) => wanted.has(term))).size;
}

/** A passage as `name (path:12-40)` above its lines that fit best. */
function shown(passage: Passage, wanted: ReadonlySet<string>): string {
  const lines = linesOf(passage.text);
  const name = lines.map((line) => headingOf(line)?.title ?? declaredName(line)).find((one) => one != null);
  const from = bestWindow(lines, wanted);
  const excerpt = lines.slice(from, from + SHOWN.lines).map((line) => `    ${line.slice(0, SHOWN.chars)}`.trimEnd());
  const startLine = passage.startLine + from;
  const place = { path: passage.path, startLine, endLine: startLine + excerpt.length - 1 };
  return `${name === undefined ? '' : `${name} `}${cite(place)}\n${excerpt.join('\n')}`;
}

/** Start of the lines in a row that hold most of the wanted terms; the earliest among equals. */
function bestWindow(lines: readonly string[], wanted: ReadonlySet<string>): number {
  const held = lines.map((line) => new Set(terms(line).filter((term) => wanted.has(term))));
  let best = { from: 0, count: -1 };
  for (let from = 0; from === 0 || from + SHOWN.lines <= lines.length; from += 1) {
    const window = held.slice(from, from + SHOWN.lines);
    const count = new Set(window.flatMap((one) => [...one])).size;
    if (count > best.count) best = { from, count };
  }
  return best.from;
}
