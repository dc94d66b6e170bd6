/** The text of a `<script type="text/plain">` that holds gzip as base64. */
export async function unpack(id: string): Promise<string> {
  const packed = document.getElementById(id)?.textContent?.trim() ?? '';
  const text = atob(packed);
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index += 1) bytes[index] = text.charCodeAt(index);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Response(stream).text();
}
