import { Console } from 'node:console';
import { createSecretMask } from '../node/mask-secrets.ts';

let isGone = false;

const secrets = createSecretMask(process.env);

/** A text, or a line of JSON, as it may be shown: without secrets of the environment and credentials of well-known shapes. */
export function printable(text: string): string {
  return secrets.mask(text);
}

/**
 * Makes stdout the result's own: whatever agents and configurations in JavaScript print goes to stderr, and a reader that went
 * away (`| head`) ends the command quietly.
 *
 * @param onGone Called once when nobody reads stdout any more.
 */
export function claimStdout(onGone: () => void = () => {}): void {
  globalThis.console = new Console(process.stderr, process.stderr);
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
      if (stream !== process.stdout || isGone) return;
      isGone = true;
      onGone();
    });
  }
}

/** Writes to stdout, without secrets; false when nobody reads it any more. */
export function print(text: string): boolean {
  if (isGone || process.stdout.destroyed) return false;
  process.stdout.write(printable(text));
  return true;
}

/** Resolves when everything printed has been handed to the system. */
export async function flushOutput(): Promise<void> {
  await Promise.all(
    [process.stdout, process.stderr].map(
      (stream) =>
        new Promise<void>((resolve) => {
          if (stream.destroyed || !stream.writable) return resolve();
          stream.once('error', () => resolve());
          stream.write('', () => resolve());
        }),
    ),
  );
}
