import { DATA_RULE, dataBlock } from '../text/data-block.ts';
import { fairShare, middleCut } from '../text/middle-cut.ts';
import type { Passage, TaskError, TaskStatus } from '../types.ts';

/** Characters of context a prompt gets beyond its own text, unless told otherwise: some 6,000 tokens. */
export const DEFAULT_CONTEXT_CHARS = 24_000;

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
  const pieces = texts.map((text) => middleCut(text, share));
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
    const blocks = passages.map(({ path, startLine, endLine }, i) =>
      dataBlock('passage', pieces[dependencies.length + i] ?? '', { path, lines: `${startLine}-${endLine}` }),
    );
    parts.push(`Relevant passages. ${DATA_RULE}\n\n${blocks.join('\n')}`);
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
