import type { SecretSpan } from './mark.ts';

/** UTF-16 units. */
const UNITS = 65_536;

/** Finds many values in a text in one pass, however many there are (Aho and Corasick's automaton). */
export interface KnownValues {
  /** Leftmost first, the longest of those that begin at one place; none overlaps another. `open`: where a value may have begun at the end. */
  find(text: string): { spans: SecretSpan[]; open: number };
}

/** @param values Names by value; null: it has none. */
export function knownValues(values: ReadonlyMap<string, string | null>): KnownValues {
  /** Node and unit to node. */
  const next = new Map<number, number>();
  const starts = new Uint8Array(UNITS);
  const depth = [0];
  const fail = [0];
  /** Longest value that ends at a node, by its length; 0: none does. */
  const ends = [0];
  const children: [node: number, unit: number, child: number][] = [];
  for (const value of values.keys()) {
    if (value === '') continue;
    let node = 0;
    starts[value.charCodeAt(0)] = 1;
    for (let at = 0; at < value.length; at += 1) {
      const key = node * UNITS + value.charCodeAt(at);
      let child = next.get(key);
      if (child === undefined) {
        child = depth.length;
        next.set(key, child);
        depth.push(at + 1);
        fail.push(0);
        ends.push(0);
        children.push([node, value.charCodeAt(at), child]);
      }
      node = child;
    }
    ends[node] = value.length;
  }
  children.sort((a, b) => (depth[a[2]] as number) - (depth[b[2]] as number));
  for (const [node, unit, child] of children) {
    let back = node === 0 ? -1 : (fail[node] as number);
    while (back >= 0) {
      const found = next.get(back * UNITS + unit);
      if (found !== undefined) {
        fail[child] = found;
        break;
      }
      back = back === 0 ? -1 : (fail[back] as number);
    }
    ends[child] ||= ends[fail[child] as number] as number;
  }

  return {
    find(text) {
      if (children.length === 0) return { spans: [], open: text.length };
      const hits: [start: number, end: number][] = [];
      let node = 0;
      for (let at = 0; at < text.length; at += 1) {
        const unit = text.charCodeAt(at);
        if (node === 0 && starts[unit] === 0) continue;
        let child = next.get(node * UNITS + unit);
        while (child === undefined && node !== 0) {
          node = fail[node] as number;
          child = next.get(node * UNITS + unit);
        }
        node = child ?? 0;
        const length = ends[node] as number;
        if (length > 0) hits.push([at + 1 - length, at + 1]);
      }
      return { spans: chosen(text, hits, values), open: text.length - (depth[node] as number) };
    },
  };
}

function chosen(
  text: string,
  hits: [start: number, end: number][],
  values: ReadonlyMap<string, string | null>,
): SecretSpan[] {
  hits.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
  const spans: SecretSpan[] = [];
  let from = 0;
  for (const [start, end] of hits) {
    if (start < from) continue;
    spans.push({ start, end, name: values.get(text.slice(start, end)) ?? null });
    from = end;
  }
  return spans;
}
