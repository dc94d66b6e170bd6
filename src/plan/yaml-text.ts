import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLError,
  type YAMLMap,
  YAMLParseError,
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
  let document: Document;
  let found: YAMLError[];
  try {
    document = parsed(text, lines);
    found = [...document.errors, ...document.warnings, ...keyFaults(document)].toSorted((a, b) => a.pos[0] - b.pos[0]);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    return { faults: [{ line: 0, path: '', message: TOO_DEEP, code: 'syntax' }], cause };
  }
  if (found.some(({ message }) => STACK.test(message))) {
    return { faults: [{ line: 0, path: '', message: TOO_DEEP, code: 'syntax' }], cause: found[0] };
  }
  if (document.contents === null && found.length === 0) return null;
  if (found.length > 0) {
    const faults = found.map((fault) => {
      const { line, col } = lines.linePos(fault.pos[0]);
      return { ...lineFault(line, sentenceOf(fault), 'syntax'), column: col };
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
  const nodeAt = nodeFinder(document);
  const lineOf = (at: readonly PropertyKey[]) => {
    const node = nodeAt(at);
    return node?.range ? lines.linePos(node.range[0]).line : null;
  };
  return { value, lineOf, faults: [], notes: [] };
}

/** The parser makes an error of each fault, and most of the cost of a million of them is their unused stacks. */
function parsed(text: string, lineCounter: LineCounter): Document {
  const { stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = 0;
    return parseDocument(text, { lineCounter, uniqueKeys: false, prettyErrors: false, merge: true });
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

const TOO_DEEP = 'Lists and maps in it are nested too deeply to be read.';
/** Error of the parser when its stack is exhausted. */
const STACK = /call stack|stack overflow/i;

/** The parser's message, but where that advises its callers. */
function sentenceOf({ code, message }: YAMLError): string {
  if (code === 'MULTIPLE_DOCS')
    return 'A second YAML document begins here; a plan is one document, without `---` in it.';
  return message.endsWith('.') ? message : `${message}.`;
}

/**
 * Keys that one map has twice, and aliases of no anchor. The parser's own checks compare each key with all before it, and name no line
 * of an alias.
 */
function keyFaults(document: Document): YAMLParseError[] {
  const found: YAMLParseError[] = [];
  const anchors = new Set<string>();
  const noteAnchor = (anchor: string | undefined) => {
    if (anchor !== undefined) anchors.add(anchor);
  };
  visit(document, {
    Scalar: (_, { anchor }) => noteAnchor(anchor),
    Seq: (_, { anchor }) => noteAnchor(anchor),
    Alias(_, { source, range }) {
      if (anchors.has(source) || !range) return;
      const message = `There is no anchor ${quoted(`&${source}`)} before the alias ${quoted(`*${source}`)}.`;
      found.push(new YAMLParseError([range[0], range[1]], 'BAD_ALIAS', message));
    },
    Map(_, { anchor, items }) {
      noteAnchor(anchor);
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key) || !key.range) continue;
        if (seen.has(key.value) && key.value !== '<<') {
          const message = `The key ${quoted(key.source ?? String(key.value))} is there already; keys must be unique.`;
          found.push(new YAMLParseError([key.range[0], key.range[1]], 'DUPLICATE_KEY', message));
        }
        seen.add(key.value);
      }
    },
  });
  return found;
}

/**
 * Finds the node at a path, or the nearest one above it. Of a key and its value it is the key, which may stand lines before. The
 * pairs of each map are looked up by a table of its own, so a plan with a fault in each of many keys takes no longer.
 */
function nodeFinder(document: Document): (at: readonly PropertyKey[]) => Node | null {
  const tables = new WeakMap<YAMLMap, ReadonlyMap<unknown, Pair>>();
  const pairAt = (map: YAMLMap, name: PropertyKey) => {
    let table = tables.get(map);
    if (!table) {
      // The first of two keys is the one that is found.
      table = new Map(map.items.toReversed().flatMap((pair) => (isScalar(pair.key) ? [[pair.key.value, pair]] : [])));
      tables.set(map, table);
    }
    return table.get(name);
  };
  const resolved = (node: unknown) => (isAlias(node) ? node.resolve(document) : node);
  return (at) => {
    let nearest = document.contents as Node | null;
    let inner: unknown = nearest;
    for (const name of at) {
      const owner = resolved(inner);
      const pair = isMap(owner) ? pairAt(owner, name) : undefined;
      inner = pair ? pair.value : isSeq(owner) ? owner.items[Number(name)] : undefined;
      const node = pair?.key ?? inner;
      if (!isNode(node)) break;
      nearest = node;
    }
    return nearest;
  };
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
