import type { Passage, TaskError, TaskStatus } from '../types.ts';

/** Characters of context a prompt gets beyond its own text, unless told otherwise: some 6,000 tokens. */
export const DEFAULT_CONTEXT_CHARS = 24_000;

/** Below this a piece of a text says nothing: the mark of the cut alone stands for it. */
const SMALLEST_PIECE = 40;

/** What a dependency came to. */
export interface DependencyContext {
  taskId: string;
  status: TaskStatus;
  output: string;
  error: TaskError | null;
}

export interface PromptInput {
  /** The task's own text; never cut. */
  prompt: string;
  /** In the order of `dependsOn`. */
  dependencies: readonly DependencyContext[];
  passages?: readonly Passage[];
  /** Most characters of outputs, error messages and passages together. Default {@link DEFAULT_CONTEXT_CHARS}. */
  maxChars?: number;
}

export interface BuiltPrompt {
  prompt: string;
  /** True when some dependency did not succeed. */
  partialContext: boolean;
  /** True when something was shortened. */
  cut: boolean;
}

/**
 * The prompt of a task: its own text, then what its dependencies produced (`✓`) or why they did not (`✗`), then the
 * passages found for it. Linear in the size of what goes in.
 *
 * The budget is shared fairly: short pieces stay whole, long ones share what is left and keep their head and tail around
 * a mark that counts what was cut. Without dependencies and passages the prompt is unchanged.
 *
 * @example
 * buildPrompt({ prompt: 'Sum up', dependencies: [{ taskId: 'a', status: 'succeeded', output: '42', error: null }] }).prompt;
 * // Sum up
 * //
 * // Previous context (1/1 dependencies):
 * // ✓ [a]: 42
 */
export function buildPrompt(input: PromptInput): BuiltPrompt {
  const { prompt, dependencies, passages = [], maxChars = DEFAULT_CONTEXT_CHARS } = input;
  const texts = [...dependencies.map(textOf), ...passages.map(({ text }) => text.replace(/\s+$/, ''))];
  const share = fairShare(texts, maxChars);
  const pieces = texts.map((text) => shortened(text, share));
  const succeeded = dependencies.filter(isSuccess).length;
  const failed = dependencies.length - succeeded;

  const parts = prompt === '' ? [] : [prompt];
  if (dependencies.length > 0) {
    const lines = dependencies.map(
      (dependency, i) => `${isSuccess(dependency) ? '✓' : '✗'} [${dependency.taskId}]: ${pieces[i]}`,
    );
    parts.push([`Previous context (${succeeded}/${dependencies.length} dependencies):`, ...lines].join('\n'));
  }
  if (failed > 0) {
    parts.push(`WARNING: ${failed}/${dependencies.length} dependencies failed. Proceed with available context.`);
  }
  if (passages.length > 0) {
    const blocks = passages.map(
      ({ path, startLine, endLine }, i) => `${path}:${startLine}-${endLine}\n${pieces[dependencies.length + i]}`,
    );
    parts.push(['Relevant passages:', ...blocks].join('\n\n'));
  }
  return { prompt: parts.join('\n\n'), partialContext: failed > 0, cut: texts.some((text) => text.length > share) };
}

function isSuccess({ status }: DependencyContext): boolean {
  return status === 'succeeded';
}

function textOf(dependency: DependencyContext): string {
  if (isSuccess(dependency)) return dependency.output.replace(/\s+$/, '');
  const { error, status } = dependency;
  return `FAILED - ${error ? `${error.message} (${error.kind})` : status}`;
}

/** The length that, as a limit of each text, makes them fit together: what short ones leave goes to the long ones. */
function fairShare(texts: readonly string[], maxChars: number): number {
  const lengths = texts.map((text) => text.length).sort((a, b) => a - b);
  let left = Math.max(0, maxChars);
  for (const [i, length] of lengths.entries()) {
    const share = Math.floor(left / (lengths.length - i));
    if (length > share) return share;
    left -= length;
  }
  return Number.POSITIVE_INFINITY;
}

/** Head and tail of a text around a mark, together at most `limit` long; where that is too little, the mark alone. */
function shortened(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const room = limit - mark(text.length).length;
  if (room < SMALLEST_PIECE) return mark(text.length);
  const headEnd = withoutHalf(text, Math.ceil(room * 0.6));
  const tailStart = withoutHalf(text, text.length - Math.floor(room * 0.4) + 1);
  return `${text.slice(0, headEnd)}${mark(tailStart - headEnd)}${text.slice(tailStart)}`;
}

function mark(count: number): string {
  return `[… ${count} characters cut …]`;
}

/** An index that does not split a character in two. */
function withoutHalf(text: string, index: number): number {
  const code = text.charCodeAt(index);
  return code >= 0xdc00 && code <= 0xdfff ? index - 1 : index;
}
