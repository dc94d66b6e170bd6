/**
 * A page that shows an inspector's page in a frame and passes on to it what comes by WebSocket, every time the frame
 * says that it is ready.
 */
export function bridgePage(page: string): string {
  const src = page.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
  const origin = JSON.stringify(new URL(page).origin).replaceAll('<', '\\u003c');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>soar-machine in Stately Inspector</title>
<style>html, body, iframe { margin: 0; border: 0; width: 100%; height: 100%; display: block }</style>
<iframe id="inspector" title="Stately Inspector" src="${src}"></iframe>
<script>
const frame = document.getElementById('inspector');
let socket = null;
addEventListener('message', ({ source, data }) => {
  if (source !== frame.contentWindow || data?.type !== '@statelyai.connected') return;
  socket?.close();
  socket = new WebSocket('ws://' + location.host + location.pathname);
  socket.onmessage = (message) => frame.contentWindow.postMessage(JSON.parse(message.data), ${origin});
});
</script>
</html>
`;
}
