import { writeFile } from 'node:fs/promises';
import { SoarError } from '../errors/soar-error.ts';
import { pageWithTrace, viewerPage } from '../node/viewer-page.ts';
import { startViewer } from '../node/viewer-server.ts';
import { traceFileSource } from '../node/viewer-source.ts';
import { onInterrupt } from './interrupts.ts';
import { claimStdout, print } from './stdout.ts';

export interface ViewFlags {
  /** File for a page that carries the trace, instead of a server. */
  once?: string;
  port?: number;
}

/** `soar view <trace>`: shows a trace in a browser until it is interrupted, or writes it as one HTML file. */
export async function viewCommand(path: string, flags: ViewFlags): Promise<number> {
  claimStdout();
  const source = await traceFileSource(path);
  if (flags.once !== undefined) {
    const { text } = await source.read();
    if (text === '') throw new SoarError('usage', `The trace \`${path}\` is empty.`);
    const page = pageWithTrace(await viewerPage(), text, source.name);
    try {
      await writeFile(flags.once, page);
    } catch (cause) {
      throw new SoarError('io', `Cannot write \`${flags.once}\`: ${(cause as Error).message}.`, { cause });
    }
    process.stderr.write(
      `Wrote ${flags.once}, ${Math.ceil(page.length / 1024)} kB. It opens in any browser, without a server.\n`,
    );
    return 0;
  }
  const viewer = await startViewer({ source, ...(flags.port === undefined ? {} : { port: flags.port }) });
  const stop = onInterrupt(
    () => void viewer.close(),
    () => process.exit(130),
  );
  print(`${viewer.url}\n`);
  process.stderr.write(`Showing ${path}, and what is written to it. Open the address in a browser; Ctrl-C ends it.\n`);
  await viewer.closed;
  stop();
  return 0;
}
