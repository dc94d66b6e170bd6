import { Console } from 'node:console';
import { styleText } from 'node:util';
import { jsonOf } from '../journal/json-of.ts';
import { pathFault } from '../node/files/path-fault.ts';
import { escapedJson, escapedLines } from '../text/foreign-text.ts';
import type { MaskStream } from '../text/mask/mask-stream.ts';
import { createSecretMask } from '../text/mask/secret-mask.ts';

let isGone = false;
let onGone: (() => void) | null = null;

/** stdout, once no other code can write to it. */
let claimed: NodeJS.WriteStream['write'] | null = null;

const secrets = createSecretMask(process.env);

/** The terminal codes this command writes itself: styles, erasing, and the cursor back to the start of the live area. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: terminal codes are what it looks for.
const OWN_CODES = /(\u001b\[\d{0,4}[JKm]|\u001b\[\d{1,4}A\r)/;

/**
 * A text as it may be shown: without secrets of the environment and credentials of well-known shapes, and with control and
 * format characters escaped. Names and outputs of others were cleaned before; this is the last net for all of them.
 *
 * @param stream Takes the codes of this command, when it is a terminal or shows styles. Default: the text has none.
 */
export function printable(text: string, stream?: NodeJS.WriteStream): string {
  const masked = secrets.mask(text);
  if (!stream || !(stream.isTTY || styleText('bold', 'x', { stream }) !== 'x')) return escapedLines(masked);
  const parts = masked.split(OWN_CODES);
  return parts.map((part, at) => (at % 2 === 1 ? part : escapedLines(part))).join('');
}

/** Writes a line to stderr. */
export function say(line: string): void {
  process.stderr.write(`${printable(line)}\n`);
}

/** A value of our formats without secrets: what is cut for a table must not be cut out of one. */
export function masked<T extends object>(value: T): T {
  const json = jsonOf(value);
  const without = secrets.maskJson(json);
  return without === json ? value : (JSON.parse(without) as T);
}

/** Masks a text that comes in pieces. */
export function secretStream(): MaskStream {
  return secrets.stream();
}

/**
 * Makes stdout the result's own: whatever agents and configurations in JavaScript print goes to stderr, and a reader that went
 * away (`| head`) ends the command quietly. Progress is never essential: a fault of stderr, such as EIO of a terminal that closed or
 * ENOSPC of a full disk, changes nothing.
 */
export function claimStdout(): void {
  if (claimed) return;
  const { stdout, stderr } = process;
  claimed = stdout.write.bind(stdout);
  stdout.write = stderr.write.bind(stderr);
  globalThis.console = new Console(stderr, stderr);
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (stream === stderr) return;
      if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') {
        throw new Error(`The output cannot be written: ${pathFault(error)}.`, { cause: error });
      }
      if (isGone) return;
      isGone = true;
      onGone?.();
    });
  }
}

/** Calls back once when stdout has no reader any more. */
export function whenStdoutIsGone(call: () => void): void {
  onGone = call;
}

/** Writes to stdout, without secrets; false when it has no reader any more. */
export function print(text: string): boolean {
  return write(printable(text, process.stdout));
}

/** The same for a line of JSON, of which a program reads the structure: keys and words such as a status stay what they are. */
export function printJson(json: string): boolean {
  return write(`${escapedJson(secrets.maskJson(json))}\n`);
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
