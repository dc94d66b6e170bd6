import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { SoarError } from '../../errors/soar-error.ts';
import { escaped } from '../../text/foreign-text.ts';
import { readStream } from '../files/read-file.ts';
import type { TextParts } from './viewer-source.ts';

const EMPTY_TRACE = '<script type="text/plain" id="soar-trace"></script>';

let built: Promise<string> | null = null;

/**
 * The viewer's page, without a trace: one HTML file that loads nothing. In a checkout it is built when first asked for.
 *
 * @throws {SoarError} `io` when the page is missing, as in an app that was bundled into one file.
 */
export function viewerPage(): Promise<string> {
  // Empty in a bundle of the CommonJS format.
  const here: string | undefined = import.meta.url;
  const script = here?.endsWith('.ts') ? here.replace(/src\/node\/view\/[^/]*$/, 'scripts/build-viewer.mjs') : null;
  built ??= script === null ? readPage() : buildPage(script);
  return built;
}

async function readPage(): Promise<string> {
  try {
    return await readFile(new URL('../../visualizer/index.html', import.meta.url), 'utf8');
  } catch (cause) {
    const message =
      'The page of the viewer is not beside the code of soar-machine. Install soar-machine again; in a bundled app, keep it out of the bundle as an external package.';
    throw new SoarError('io', message, { cause });
  }
}

/** No bundler may follow this: the script is not part of the package, and neither is what it needs. */
async function buildPage(script: string): Promise<string> {
  const { buildViewerPage } = (await import(
    /* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ script
  )) as { buildViewerPage: () => Promise<string> };
  return buildViewerPage();
}

/** A page of more packed text would open in no browser, bytes. */
const MOST_PACKED = 256 * 1024 * 1024;

/**
 * A page that carries its trace, for a file that needs no server.
 *
 * @param page From {@link viewerPage}.
 * @param trace JSON lines. Packed, so that nothing in it can end the element it stands in.
 * @param name Shown as where the trace comes from.
 * @throws {SoarError} `usage` when the trace is too large for a page.
 */
export async function pageWithTrace(page: string, trace: string | TextParts, name: string): Promise<string> {
  if (!page.includes(EMPTY_TRACE)) throw new SoarError('internal', 'The page of the viewer has no place for a trace.');
  const packed = await packedOf(typeof trace === 'string' ? [trace] : trace);
  const element = `<script type="text/plain" id="soar-trace" data-name="${escapeAttribute(name)}">${packed}</script>`;
  return page.replace(EMPTY_TRACE, () => element);
}

async function packedOf(parts: TextParts): Promise<string> {
  let packed: Buffer = Buffer.alloc(0);
  await pipeline(Readable.from(parts), createGzip({ level: 9 }), async (chunks: AsyncIterable<Uint8Array>) => {
    packed = await readStream(chunks, MOST_PACKED).catch((cause: Error) => {
      throw new SoarError('usage', `The trace does not fit into one page: packed, ${cause.message}.`, { cause });
    });
  });
  return packed.toString('base64');
}

function escapeAttribute(text: string): string {
  return escaped(text).replace(/[&"<>]/g, (char) => `&#${char.charCodeAt(0)};`);
}
