import { createHash } from 'node:crypto';

/** A longer text is kept once, by its hash. */
const LARGE_CHARS = 8 * 1024;

/** Stands in a record for a text that is kept elsewhere. */
const REFERENCE = '$sha256';

/** A record's JSON with references instead of large texts, and those texts by hash. Small records pass untouched. */
export function blobsIn(json: string): { body: string; blobs: ReadonlyMap<string, string> } {
  const blobs = new Map<string, string>();
  if (json.length <= LARGE_CHARS) return { body: json, blobs };
  const body = JSON.stringify(JSON.parse(json), (_, value: unknown) => {
    if (typeof value !== 'string' || value.length <= LARGE_CHARS) return value;
    const sha256 = sha256Of(value);
    blobs.set(sha256, value);
    return { [REFERENCE]: sha256 };
  });
  return { body, blobs };
}

/**
 * The record's JSON as it was. A reference to nothing is what a user's own data says, and stays. Throws when a text is not the one
 * that was stored.
 */
export function withBlobs(body: string, textOf: (sha256: string) => unknown): string {
  if (!body.includes(`"${REFERENCE}"`)) return body;
  return JSON.stringify(JSON.parse(body), (_, value: unknown) => {
    const sha256 = (value as { [REFERENCE]?: unknown } | null)?.[REFERENCE];
    if (typeof sha256 !== 'string') return value;
    const text = textOf(sha256);
    if (text === undefined) return value;
    if (typeof text !== 'string' || sha256Of(text) !== sha256)
      throw new Error('refers to a text that has been changed');
    return text;
  });
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
