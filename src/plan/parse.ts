import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  stringify,
  type YAMLError,
  type YAMLMap,
} from 'yaml';
import type { SoarError } from '../errors/soar-error.ts';
import type { LocatedIssue } from '../errors/zod-issues.ts';
import { escapedLines, quoted } from '../text/foreign-text.ts';
import { jsonFault } from './json-fault.ts';
import { parseMarkdownPlan } from './markdown.ts';
import { checkPlan } from './plan.schema.ts';
import { planError } from './plan-error.ts';
import type { Plan } from './types.ts';

export type PlanFormat = 'yaml' | 'json' | 'markdown';

export interface ParseOptions {
  /** Default: by the ending of `name`, else by the look of the text. */
  format?: PlanFormat;
  /** File name, for its ending and for messages. */
  name?: string;
}

/**
 * Reads a plan file: YAML, JSON, or a Markdown task list.
 *
 * Only the form is checked; `compilePlan` checks what the tasks say of each other (a Markdown list also its
 * dependencies). Throws {@link SoarError} `invalid-plan` with every fault found, and its line where there is one.
 *
 * @example
 * parsePlanText('tasks:\n  - { id: 1, prompt: Say hello }').tasks.length; // 1
 */
export function parsePlanText(text: string, options: ParseOptions = {}): Plan {
  const { name } = options;
  if (text.trim() === '') throw emptyPlan(name);
  const format = options.format ?? formatByName(name) ?? formatByLook(text);
  if (format === 'markdown') return parseMarkdownPlan(text, name);
  return format === 'json' ? parseJson(text, name) : parseYaml(text, name);
}

function emptyPlan(name: string | undefined): SoarError {
  return planError([{ path: '', message: 'It is empty.', code: 'no-tasks' }], { name });
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
  return /^\s*[-*+]\s+\[[ xX]\](?:\s|$)/m.test(text) ? 'markdown' : 'yaml';
}

function parseJson(text: string, name: string | undefined): Plan {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    const fault = jsonFault(text.replace(/^\uFEFF/, ''));
    const where = fault ? `Line ${fault.line}, column ${fault.column}: ${fault.message}` : String(cause);
    const path = fault ? `line ${fault.line}` : '';
    throw planError([{ path, message: `It is not JSON. ${where}.`, code: 'syntax' }], { name, cause });
  }
  return checked(value, name);
}

function parseYaml(text: string, name: string | undefined): Plan {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false, merge: true });
  const faults = [...document.errors, ...document.warnings];
  if (document.contents === null && faults.length === 0) throw emptyPlan(name);
  if (faults.length > 0) {
    const issues = faults.map((fault) => {
      const { line, col } = lines.linePos(fault.pos[0]);
      const message = `Line ${line}, column ${col}: ${said(fault, text)}`;
      return { path: `line ${line}`, message, code: 'syntax' };
    });
    throw planError(issues, { name, cause: faults[0] });
  }
  keepWritten(document);
  let value: unknown;
  try {
    value = document.toJS();
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw planError([{ path: '', message: `It is not YAML that can be read: ${message}.`, code: 'syntax' }], {
      name,
      cause,
    });
  }
  return checked(value, name, ({ at }) => {
    const node = nodeAt(document, at);
    return node?.range ? lines.linePos(node.range[0]).line : null;
  });
}

/** What the parser says; of a key that is there twice it does not say which. */
function said({ code, message, pos }: YAMLError, text: string): string {
  const [key] = /^(?:"[^"\n]*"|'[^'\n]*'|[^\s:,{}[\]]+)/.exec(text.slice(pos[0])) ?? [];
  if (code === 'DUPLICATE_KEY' && key !== undefined)
    return `The key ${quoted(key)} is there already; keys must be unique.`;
  return message.replace(/\.?$/, '.');
}

/** The plan in a value; `lineOf` finds the line of an issue. */
function checked(value: unknown, name: string | undefined, lineOf?: (issue: LocatedIssue) => number | null): Plan {
  const { plan, issues } = checkPlan(value);
  if (!issues) return plan;
  const placed = issues.map((issue) => {
    const line = lineOf?.(issue) ?? null;
    return line === null
      ? { issue, line: 0 }
      : { issue: { ...issue, message: `Line ${line}: ${issue.message}` }, line };
  });
  const inOrder = placed.toSorted((a, b) => a.line - b.line).map(({ issue }) => issue);
  throw planError(inOrder, { name });
}

/** The node at a path, or the nearest one above it; of a key and its value it is the key, which may stand lines before. */
function nodeAt(document: Document, at: readonly PropertyKey[]): Node | null {
  for (let depth = at.length; depth > 0; depth -= 1) {
    const owner = depth === 1 ? document.contents : document.getIn(at.slice(0, depth - 1), true);
    const pair = isMap(owner) ? owner.items.find(({ key }) => isScalar(key) && key.value === at[depth - 1]) : undefined;
    const node = pair?.key ?? document.getIn(at.slice(0, depth), true);
    if (typeof node === 'object' && node !== null) return node as Node;
  }
  return document.contents as Node | null;
}

/**
 * Numbers that name something stay as they were written: `id: 1.10` is the task "1.10", not "1.1". Versions in an
 * environment are such names too.
 */
function keepWritten(document: Document): void {
  const contents = document.contents;
  if (!isMap(contents)) return;
  const tasks = contents.get('tasks');
  if (isSeq(tasks)) {
    for (const task of tasks.items) {
      if (!isMap(task)) continue;
      asWritten(task.get('id', true));
      const dependsOn = task.get('dependsOn');
      if (isSeq(dependsOn)) dependsOn.items.forEach(asWritten);
      envAsWritten(task);
    }
  }
  const agents = contents.get('agents');
  if (isMap(agents)) for (const { value } of agents.items) if (isMap(value)) envAsWritten(value);
}

function envAsWritten(owner: YAMLMap): void {
  const env = owner.get('env');
  if (isMap(env)) for (const { value } of env.items) asWritten(value);
}

function asWritten(node: unknown): void {
  if (isScalar(node) && typeof node.value === 'number' && node.source !== undefined) node.value = node.source;
}

const KEY_ORDER = [
  'goal',
  'policy',
  'maxConcurrent',
  'staggerMs',
  'schedule',
  'onDependencyFailure',
  'timeoutMs',
  'budget',
  'retries',
  'cache',
  'agents',
  'defaults',
  'fallback',
  'tasks',
] as const satisfies readonly (keyof Plan)[];

/**
 * A plan as a YAML file, for people to read and edit; `parsePlanText` gives the same plan back.
 *
 * @param head Lines that stand above it as comments. Default: none.
 */
export function formatPlanYaml(plan: Plan, head = ''): string {
  const ordered = Object.fromEntries(KEY_ORDER.filter((key) => plan[key] !== undefined).map((key) => [key, plan[key]]));
  const options = { lineWidth: 0, aliasDuplicateObjects: false, indentSeq: true, keepUndefined: false };
  const plain = stringify(ordered, options);
  // Only in double quotes can a hidden character be written as an escape.
  const text =
    escapedLines(plain) === plain
      ? plain
      : escapedLines(stringify(ordered, { ...options, defaultStringType: 'QUOTE_DOUBLE' }));
  const comments = head === '' ? [] : head.split('\n').map((line) => `# ${line}\n`);
  return `${comments.join('')}${text}`;
}
