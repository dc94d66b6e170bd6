import { codesIn, openCodeIn } from '../foreign-text.ts';
import { type Found, findPrivateKeys, findShapes } from './credentials.ts';
import type { KnownValues } from './known-values.ts';
import { MASKED, markOf, type SecretSpan } from './mark.ts';
import { findAuthorization, findNamed, findUserinfo } from './spoken-secrets.ts';

/** Cheap to look for: without one of these no secret is recognised by its looks. */
const HINT =
  /sk-|[spr]k_|gh[pousr]_|github_pat_|glpat-|xox|AKIA|ASIA|AIza|npm_|hf_|pypi-|shp|gsk_|dop_|eyJ|bearer|basic|-----BEGIN|\/\/|key|token|secret|pass|pwd|credential|authorization|cookie/i;

/** All secrets of a text: known values, and what is one by its looks. */
export type FindSecrets = (text: string) => Found;

/** Finds known values alone. */
export function findKnown(known: KnownValues): FindSecrets {
  return (text) => known.find(text);
}

/** Finds known values, and everything that looks like a secret. One pass for each kind, whatever the text. */
export function findAll(known: () => KnownValues): FindSecrets {
  return (text) => {
    const parts: Found[] = [known().find(text)];
    if (HINT.test(text)) {
      parts.push(findShapes(text), findPrivateKeys(text), findUserinfo(text), findAuthorization(text), findNamed(text));
    } else parts.push(findTail(text));
    return { spans: merged(parts.flatMap(({ spans }) => spans)), open: Math.min(...parts.map(({ open }) => open)) };
  };
}

/** The same in a text with terminal codes, which may stand in the middle of a secret. */
export function throughCodes(find: FindSecrets): FindSecrets {
  return (text) => {
    const codes = codesIn(text);
    if (codes.length === 0) return find(text);
    let plain = '';
    let at = 0;
    for (const { start, end } of codes) {
      plain += text.slice(at, start);
      at = end;
    }
    plain += text.slice(at);
    const placed = placesIn(codes);
    const { spans, open } = find(plain);
    // Text behind an unfinished code belongs to the code once that is finished.
    const openCode = openCodeIn(text, codes);
    const settled = plain.slice(0, plain.length - plainLength(codes, openCode, text.length));
    const openText = settled === plain ? open : find(settled).open;
    const ordered = spans.map(({ start, end, name, from = start }) => ({
      start: placed(start),
      end: placed(end - 1) + 1,
      name,
      from: placed(from),
    }));
    const openAt = openText >= settled.length ? text.length : placed(openText);
    return { spans: ordered, open: Math.min(openAt, openCode), codes };
  };
}

/** Characters between two places that belong to no code. */
function plainLength(codes: readonly { start: number; end: number }[], from: number, to: number): number {
  let length = to - from;
  for (const { start, end } of codes) if (start >= from) length -= end - start;
  return length;
}

/** Where a place of the text without codes is in the text with them. */
function placesIn(codes: readonly { start: number; end: number }[]): (place: number) => number {
  const plainStarts: number[] = [];
  const shifts = [0];
  let shift = 0;
  for (const { start, end } of codes) {
    plainStarts.push(start - shift);
    shift += end - start;
    shifts.push(shift);
  }
  return (place) => {
    let low = 0;
    for (let high = codes.length; low < high; ) {
      const middle = (low + high) >> 1;
      if ((plainStarts[middle] as number) <= place) low = middle + 1;
      else high = middle;
    }
    return place + (shifts[low] as number);
  };
}

/** Text that may become a prefix with more input. */
function findTail(text: string): Found {
  const tail = text.slice(-64);
  const open = Math.min(findShapes(tail).open, findPrivateKeys(tail).open, findUserinfo(tail).open);
  return { spans: [], open: text.length - tail.length + open };
}

/** In order, and none over another. A name stays where it says all of a piece. */
function merged(spans: SecretSpan[]): SecretSpan[] {
  if (spans.length < 2) return spans;
  // At one place the longest first, and a named one before others of its length.
  spans.sort((a, b) => a.start - b.start || b.end - a.end || Number(b.name !== null) - Number(a.name !== null));
  const all: SecretSpan[] = [];
  for (const span of spans) {
    const last = all.at(-1);
    if (!last || span.start >= last.end) all.push({ ...span });
    else {
      last.from = Math.min(last.from ?? last.start, span.from ?? span.start);
      if (span.end > last.end) Object.assign(last, { end: span.end, name: null });
    }
  }
  return all;
}

/** A text with marks for its secrets. */
export function withMarks(text: string, spans: readonly SecretSpan[], from = 0, to = text.length): string {
  let out = '';
  let at = from;
  for (const { start, end, name } of spans) {
    if (end <= at || start >= to) continue;
    out += text.slice(at, Math.max(at, start)) + (name === null ? MASKED : markOf(name));
    at = Math.min(end, to);
  }
  return out + text.slice(at, to);
}
