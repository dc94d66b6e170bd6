import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLError,
  type YAMLMap,
} from 'yaml';
import { quoted } from '../text/foreign-text.ts';
import { type LineFault, lineFault, type PlanSource } from './plan-source.ts';

/** A YAML text that cannot be read at all. */
export interface YamlFaults {
  value?: never;
  faults: readonly LineFault[];
  cause: unknown;
}

/**
 * Reads a plan that is written in YAML. Numbers that name something stay as they are written.
 *
 * @returns `null` for a text without content, the faults of its syntax where it has any.
 */
export function readYaml(text: string): PlanSource | YamlFaults | null {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false, merge: true });
  const found = [...document.errors, ...document.warnings];
  if (document.contents === null && found.length === 0) return null;
  if (found.length > 0) {
    const faults = found.map((fault) => {
      const { line, col } = lines.linePos(fault.pos[0]);
      return { ...lineFault(line, sentenceOf(fault, text), 'syntax'), column: col };
    });
    return { faults, cause: found[0] };
  }
  keepWritten(document);
  let value: unknown;
  try {
    value = document.toJS();
  } catch (cause) {
    const message = `It is not YAML that can be read: ${cause instanceof Error ? cause.message : String(cause)}.`;
    return { faults: [{ line: 0, path: '', message, code: 'syntax' }], cause };
  }
  const lineOf = (at: readonly PropertyKey[]) => {
    const node = nodeAt(document, at);
    return node?.range ? lines.linePos(node.range[0]).line : null;
  };
  return { value, lineOf, faults: [], notes: [] };
}

/** The parser's message; for a duplicate key, with the key it does not name. */
function sentenceOf({ code, message, pos }: YAMLError, text: string): string {
  const [key] = /^(?:"[^"\n]*"|'[^'\n]*'|[^\s:,{}[\]]+)/.exec(text.slice(pos[0])) ?? [];
  if (code === 'DUPLICATE_KEY' && key !== undefined)
    return `The key ${quoted(key)} is there already; keys must be unique.`;
  return message.replace(/\.?$/, '.');
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
