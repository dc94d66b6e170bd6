import { unpack } from './packed.ts';
import {
  added,
  connection,
  fittingSpeed,
  goToEnd,
  loadFault,
  sourceName,
  speed,
  startTicking,
  store,
} from './state.ts';

/** Gets the trace: from the page itself, or from the server that served it. */
export async function load(): Promise<void> {
  const own = document.getElementById('soar-trace');
  try {
    if (own?.textContent?.trim()) {
      sourceName.value = own.dataset.name ?? '';
      await takeAll(unpack('soar-trace'));
    } else {
      const next = await fetchAll();
      follow(next);
      startTicking();
    }
    speed.value = fittingSpeed(store.value.endedAt - store.value.startedAt);
    goToEnd();
  } catch (error) {
    loadFault.value = error instanceof Error ? error.message : String(error);
  }
}

async function fetchAll(): Promise<string> {
  const response = await fetch('trace', { cache: 'no-store' });
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  sourceName.value = decodeURIComponent(response.headers.get('x-soar-name') ?? '');
  if (response.body) await takeAll(response.body);
  return response.headers.get('x-soar-next') ?? '0';
}

/** Takes lines as they come, so that a trace never stands in memory as one text. */
async function takeAll(bytes: ReadableStream<Uint8Array>): Promise<void> {
  const reader = bytes.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>).getReader();
  let begun: string[] = [];
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const end = part.value.lastIndexOf('\n');
    if (end >= 0) {
      store.value.addLines(`${begun.join('')}${part.value.slice(0, end)}`.split('\n'));
      begun = [];
    }
    begun.push(part.value.slice(end + 1));
  }
  store.value.addLines([begun.join('')]);
  added(false);
}

function takeRecords(text: string): void {
  store.value.addLines(text.split('\n'));
  added(true);
}

/** Takes what is written from now on, as it comes. */
function follow(from: string): void {
  const source = new EventSource(`follow?from=${encodeURIComponent(from)}`);
  source.onopen = () => {
    connection.value = 'following';
  };
  source.onerror = () => {
    connection.value = 'lost';
  };
  source.onmessage = ({ data }) => takeRecords(String(data));
  // The file was written anew: another run, another page.
  source.addEventListener('reset', () => location.reload());
}
