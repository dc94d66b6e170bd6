/** The text of a `<script type="text/plain">` that holds gzip as base64. */
export async function unpack(id: string): Promise<string> {
  const packed = document.getElementById(id)?.textContent?.trim() ?? '';
  const bytes = Uint8Array.from(atob(packed), (char) => char.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Response(stream).text();
}
