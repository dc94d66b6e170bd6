import { Console } from 'node:console';
import { createSecretMask } from '../node/mask-secrets.ts';
import { pathFault } from '../node/path-fault.ts';

let isGone = false;
let onGone: (() => void) | null = null;

/** stdout, once nobody else gets at it. */
let claimed: NodeJS.WriteStream['write'] | null = null;

const secrets = createSecretMask(process.env);

/** A text as it may be shown: without secrets of the environment and credentials of well-known shapes. */
export function printable(text: string): string {
  return secrets.mask(text);
}

/**
 * Makes stdout the result's own: whatever agents and configurations in JavaScript print goes to stderr, and a reader that went
 * away (`| head`) ends the command quietly.
 */
export function claimStdout(): void {
  if (claimed) return;
  const { stdout, stderr } = process;
  claimed = stdout.write.bind(stdout);
  stdout.write = stderr.write.bind(stderr);
  globalThis.console = new Console(stderr, stderr);
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') {
        throw new Error(`The output cannot be written: ${pathFault(error)}.`, { cause: error });
      }
      if (stream !== stdout || isGone) return;
      isGone = true;
      onGone?.();
    });
  }
}

/** Calls back, once, when nobody reads stdout any more. */
export function whenStdoutIsGone(call: () => void): void {
  onGone = call;
}

/** Writes to stdout, without secrets; false when nobody reads it any more. */
export function print(text: string): boolean {
  return write(printable(text));
}

/** The same for a line of JSON, of which a program reads the structure: keys and words such as a status stay what they are. */
export function printJson(json: string): boolean {
  return write(`${secrets.maskJson(json)}\n`);
}

function write(text: string): boolean {
  if (isGone || process.stdout.destroyed) return false;
  (claimed ?? process.stdout.write.bind(process.stdout))(text);
  return true;
}

/** Resolves when everything printed has been handed to the system. */
export async function flushOutput(): Promise<void> {
  const { stdout, stderr } = process;
  const outputs = [
    { stream: stdout, write: claimed ?? stdout.write.bind(stdout) },
    { stream: stderr, write: stderr.write.bind(stderr) },
  ];
  await Promise.all(
    outputs.map(
      ({ stream, write }) =>
        new Promise<void>((resolve) => {
          if (stream.destroyed || !stream.writable) return resolve();
          stream.once('error', () => resolve());
          write('', () => resolve());
        }),
    ),
  );
}
