/** The text of a `<script type="text/plain">` that holds gzip as base64, as bytes. */
export function unpack(id: string): ReadableStream<Uint8Array> {
  const packed = document.getElementById(id)?.textContent?.trim() ?? '';
  const text = atob(packed);
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index += 1) bytes[index] = text.charCodeAt(index);
  return new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
}
