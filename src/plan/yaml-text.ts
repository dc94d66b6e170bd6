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
  type Scalar,
  visit,
  type YAMLError,
  type YAMLMap,
  YAMLParseError,
} from 'yaml';
import { quoted } from '../text/foreign-text.ts';
import { type LineFault, lineFault, type PlanSource } from './plan-source.ts';
import { keepWrittenNumbers } from './written-numbers.ts';

/** A YAML text that cannot be read at all. */
export interface YamlFaults {
  value?: never;
  faults: readonly LineFault[];
  cause: unknown;
}

/**
 * Reads a plan that is written in YAML. Numbers that name something stay as they are written, keys included.
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
  let value: unknown;
  try {
    value = document.toJS();
  } catch (cause) {
    const message = `It is not YAML that can be read: ${cause instanceof Error ? cause.message : String(cause)}.`;
    return { faults: [{ line: 0, path: '', message, code: 'syntax' }], cause };
  }
  const find = nodeFinder(document);
  const lineOf = (at: readonly PropertyKey[]) => {
    const { nearest } = find(at);
    return nearest?.range ? lines.linePos(nearest.range[0]).line : null;
  };
  keepWrittenNumbers(value, (at) => {
    const { node } = find(at);
    return isScalar(node) && node.source !== undefined ? node.source : null;
  });
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
 * of an alias. Keys that are numbers become their text, as all keys of a plan are names.
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
      const seen = new Set<string>();
      for (const { key } of items) {
        if (!isScalar(key) || !key.range || isMerge(key)) continue;
        if (typeof key.value === 'number') key.value = key.source ?? key.value;
        const name = String(key.value);
        if (seen.has(name)) {
          const message = `The key ${quoted(key.source ?? name)} is there already; keys must be unique.`;
          found.push(new YAMLParseError([key.range[0], key.range[1]], 'DUPLICATE_KEY', message));
        }
        seen.add(name);
      }
    },
  });
  return found;
}

const MERGE = '<<';

/** Whether a key is `<<`, which the parser reads as a symbol. */
function isMerge({ value }: Scalar): boolean {
  return value === MERGE || (typeof value === 'symbol' && value.description === MERGE);
}

function keyName(key: Scalar): unknown {
  return isMerge(key) ? MERGE : key.value;
}

/** The node of a path, aliases followed, and the nearest one that has a line: of a key and its value the key. */
interface Found {
  node: unknown;
  nearest: Node | null;
}

/**
 * Finds the node at a path, or the nearest one above it. Of a key and its value it is the key, which may stand lines before. The
 * pairs of each map are looked up by a table of its own, so a plan with a fault in each of many keys takes no longer.
 */
function nodeFinder(document: Document): (at: readonly PropertyKey[]) => Found {
  const tables = new WeakMap<YAMLMap, ReadonlyMap<unknown, Pair>>();
  const resolved = (node: unknown) => (isAlias(node) ? node.resolve(document) : node);
  const pairAt = (map: YAMLMap, name: PropertyKey): Pair | undefined => {
    let table = tables.get(map);
    if (!table) {
      // The first of two keys is the one that is found.
      table = new Map(
        map.items.toReversed().flatMap((pair) => (isScalar(pair.key) ? [[keyName(pair.key), pair]] : [])),
      );
      tables.set(map, table);
    }
    return table.get(name) ?? mergedPair(table.get(MERGE), name);
  };
  const mergedPair = (merge: Pair | undefined, name: PropertyKey): Pair | undefined => {
    const merged = resolved(merge?.value);
    const sources = isSeq(merged) ? merged.items.map(resolved) : [merged];
    for (const source of sources) {
      const pair = isMap(source) ? pairAt(source, name) : undefined;
      if (pair) return pair;
    }
    return undefined;
  };
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
    return { node: resolved(inner), nearest };
  };
}
