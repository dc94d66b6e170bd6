import type { TraceMode, TraceSink } from '../sink.ts';
import { StatelyBacklog } from './backlog.ts';

/** Message of a Stately inspector's page that is ready to receive. */
export const STATELY_CONNECTED = '@statelyai.connected';
export const STATELY_PAGE = 'https://stately.ai/inspect';

// By what is used of them: a program in Node compiles against this, too, and need not know the types of a browser.
interface PageWindow {
  postMessage(message: unknown, targetOrigin: string): void;
}

/** An `HTMLIFrameElement`. */
export interface PageFrame {
  src: string;
  readonly contentWindow: PageWindow | null;
}

/** A `Window`. */
export interface HostWindow {
  readonly location?: { readonly href: string };
  open(url: string, target: string): PageWindow | null;
  addEventListener(type: 'message', listener: (event: PageMessage) => void): void;
}

interface PageMessage {
  readonly data: unknown;
  readonly source: unknown;
}

export interface StatelyInspectorOptions {
  /** The inspector's page. Default: Stately's own, which needs the internet. */
  url?: string;
  /** Shows the page in this frame. Default: in a window of its own. */
  iframe?: PageFrame;
  /** Default: the global one. */
  window?: HostWindow;
  /** Default `'full'`: the page draws events and their senders. */
  mode?: TraceMode;
}

/**
 * Sends a trace to a Stately inspector's page in a browser, by `postMessage`. A page that connects late, or again, gets
 * everything from the beginning. Call it where a window may be opened: in a click's handler, unless there is an `iframe`.
 *
 * @throws {TypeError} outside a browser; there, `statelyServer` of `soar-machine/node` does this.
 * @example
 * createSoar({ agents, trace: [statelyInspector({ iframe })] });
 */
export function statelyInspector(options: StatelyInspectorOptions = {}): TraceSink {
  const { url = STATELY_PAGE, iframe, mode = 'full' } = options;
  const own: HostWindow | undefined = options.window ?? (typeof window === 'undefined' ? undefined : window);
  if (!own) throw new TypeError('statelyInspector() needs a browser window. In Node use statelyServer().');
  const page = new URL(url, own.location?.href);
  const backlog = new StatelyBacklog();
  const opened = iframe ? null : own.open(page.href, 'xstateinspector');
  if (iframe) iframe.src = page.href;
  let isConnected = false;

  const target = () => (iframe ? iframe.contentWindow : opened);
  const post = (text: string) => target()?.postMessage(JSON.parse(text), page.origin);
  const onMessage = ({ data, source }: PageMessage) => {
    if ((data as { type?: unknown } | null)?.type !== STATELY_CONNECTED || source !== target()) return;
    isConnected = true;
    for (const text of backlog.texts()) post(text);
  };
  own.addEventListener('message', onMessage);

  return {
    mode,
    write(record) {
      for (const text of backlog.add(record)) if (isConnected) post(text);
    },
  };
}
