import type { ViewerSource } from '../../src/node/view/viewer-source.ts';

/** All that a source has now, as one text, and the place from which to follow. */
export async function textOf(source: ViewerSource): Promise<{ text: string; next: string }> {
  const { parts, next } = await source.read();
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(Buffer.from(part));
  return { text: Buffer.concat(all).toString('utf8'), next };
}
