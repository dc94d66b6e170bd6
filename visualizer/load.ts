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
      take(await unpack('soar-trace'));
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
  take(await response.text());
  return response.headers.get('x-soar-next') ?? '0';
}

function take(text: string, isNews = false): void {
  store.value.addLines(text.split('\n'));
  added(isNews);
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
  source.onmessage = ({ data }) => take(String(data), true);
  // The file was written anew: another run, another page.
  source.addEventListener('reset', () => location.reload());
}
