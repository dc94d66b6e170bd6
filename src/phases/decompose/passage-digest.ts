import type { Complexity } from '../../run/result.ts';
import { dataBlock } from '../../text/data-block.ts';
import { fairShare, middleCut } from '../../text/middle-cut.ts';
import { textKind } from '../../text/passage-lines.ts';
import type { Passage } from '../../types/passage.ts';

/** How many files are shown with text, and how many at all, by complexity. */
export const DIGEST_FILES: Readonly<Record<Complexity, { readonly withText: number; readonly total: number }>> =
  Object.freeze({
    simple: { withText: 3, total: 5 },
    medium: { withText: 5, total: 8 },
    complex: { withText: 7, total: 12 },
    critical: { withText: 10, total: 15 },
  });

/** Most lines of code, and most characters of a document, shown of one file. */
const CODE_LINES = 50;
const DOCUMENT_CHARS = 300;
/** Most characters of all texts together. */
const MAX_CHARS = 16_000;

/**
 * Passages found, for a model that plans: one piece of each file, the best first, then the names of further files. Empty when
 * nothing was found.
 */
export function passageDigest(passages: readonly Passage[], complexity: Complexity): string {
  const files = new Map<string, Passage[]>();
  for (const passage of passages) files.set(passage.path, [...(files.get(passage.path) ?? []), passage]);
  const { withText, total } = DIGEST_FILES[complexity];
  const shown = [...files.values()].slice(0, total);
  const previews = shown.slice(0, withText).map(([best]) => (best ? previewOf(best) : ''));
  const share = fairShare(previews, MAX_CHARS);
  const blocks = shown.slice(0, withText).map((own, at) => {
    const lines = own.map(({ startLine, endLine }) => `${startLine}-${endLine}`).join(', ');
    return dataBlock('passage', middleCut(previews[at] ?? '', share), { path: own[0]?.path ?? '', lines });
  });
  const others = shown.slice(withText).map(([first]) => `- ${first?.path}:${first?.startLine}-${first?.endLine}`);
  const left = files.size - shown.length;
  return [
    ...blocks,
    ...(others.length > 0 ? [`Also found in:\n${others.join('\n')}`] : []),
    ...(left > 0 ? [`… and ${left} more files.`] : []),
  ].join('\n');
}

function previewOf({ path, text }: Passage): string {
  if (textKind(path) === 'prose') return middleCut(text, DOCUMENT_CHARS);
  const lines = text.split('\n');
  const rest = lines.length - CODE_LINES;
  return rest > 0 ? `${lines.slice(0, CODE_LINES).join('\n')}\n[… ${rest} lines cut …]` : text;
}
