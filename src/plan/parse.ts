import type { SoarError } from '../errors/soar-error.ts';
import type { CheckOptions } from './check-plan.ts';
import { readJson } from './json-text.ts';
import { readMarkdown } from './markdown.ts';
import { planError } from './plan-error.ts';
import { lineMessage, type PlanSource, planOf } from './plan-source.ts';
import type { Plan } from './types.ts';
import { readYaml } from './yaml-text.ts';

export type PlanFormat = 'yaml' | 'json' | 'markdown';

export interface ParseOptions extends CheckOptions {
  /** Default: by the ending of `name`, else by the look of the text. */
  format?: PlanFormat;
  /** File name, for its ending and for messages. */
  name?: string;
}

/**
 * Reads a plan file: YAML, JSON, or a Markdown task list. Its form and what its tasks say of each other are checked in
 * one pass; with `agents`, so is every agent it names.
 *
 * @throws SoarError `invalid-plan` with every fault found, in the order of lines.
 * @example
 * parsePlanText('tasks:\n  - { id: 1, prompt: Say hello }').tasks.length; // 1
 */
export function parsePlanText(text: string, options: ParseOptions = {}): Plan {
  return planOf(readPlanText(text, options), options.name, options);
}

/**
 * Reads a plan file as data with lines, and checks nothing but its syntax.
 *
 * @throws SoarError `invalid-plan` when the text is empty or cannot be read at all.
 */
export function readPlanText(text: string, { name, format }: Omit<ParseOptions, 'agents'> = {}): PlanSource {
  if (text.trim() === '') throw emptyPlan(name);
  const chosen = format ?? formatByName(name) ?? formatByLook(text);
  if (chosen === 'markdown') return readMarkdown(text);
  if (chosen === 'json') return jsonSource(text, name);
  const source = readYaml(text);
  if (source === null) throw emptyPlan(name);
  if ('cause' in source) throw planError(source.faults.map(lineMessage), { name, cause: source.cause });
  return source;
}

function emptyPlan(name: string | undefined): SoarError {
  return planError([{ path: '', message: 'It is empty.', code: 'no-tasks' }], { name });
}

function jsonSource(text: string, name: string | undefined): PlanSource {
  try {
    return { ...readJson(text), notes: [] };
  } catch (cause) {
    const { message } = cause as SyntaxError;
    const line = /^Line (\d+)/.exec(message)?.[1];
    const path = line === undefined ? '' : `line ${line}`;
    throw planError([{ path, message: `It is not JSON. ${message}`, code: 'syntax' }], { name, cause });
  }
}

function formatByName(name: string | undefined): PlanFormat | undefined {
  const ending = /\.([a-z]+)$/i.exec(name ?? '')?.[1]?.toLowerCase();
  if (ending === 'yaml' || ending === 'yml') return 'yaml';
  if (ending === 'json') return 'json';
  return ending === 'md' || ending === 'markdown' ? 'markdown' : undefined;
}

function formatByLook(text: string): PlanFormat {
  // A YAML mapping may begin with a brace too, but its keys seldom stand in quotes.
  if (/^\s*\{\s*(?:"|\})/.test(text)) return 'json';
  if (/^["']?tasks["']?\s*:/m.test(text)) return 'yaml';
  return /^[ \t]*[-*+][ \t]+\[[ xX]\](?:\s|$)/m.test(text) ? 'markdown' : 'yaml';
}
