import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  openRegularFile,
  readingFault,
  readRegularFile,
  readRegularFileSync,
  readStartSync,
  readStream,
} from '../../../src/node/files/read-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'soar-read-file-'));
const at = (name: string) => join(folder, name);
const server = createServer();

beforeAll(async () => {
  execFileSync('mkfifo', [at('pipe')]);
  mkdirSync(at('folder'));
  symlinkSync('nowhere', at('dangling'));
  symlinkSync('loop', at('loop'));
  symlinkSync('pipe', at('to-pipe'));
  writeFileSync(at('text'), 'hello');
  symlinkSync('text', at('link'));
  writeFileSync(at('empty'), '');
  writeFileSync(at('large'), '');
  truncateSync(at('large'), 101);
  await new Promise<void>((done) => server.listen(at('socket'), done));
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

const REFUSED: readonly (readonly [string, string])[] = [
  ['pipe', 'it is a pipe, not a regular file'],
  ['to-pipe', 'it is a pipe, not a regular file'],
  ['socket', 'it is a socket, not a regular file'],
  ['folder', 'it is a folder, not a file'],
  ['dangling', 'it is a link to a file that is not there'],
  ['loop', 'its links lead in a circle'],
  ['none', 'there is no such file'],
  ['text/below', 'part of it is a file, not a folder'],
  ['/dev/zero', 'it is a device, not a regular file'],
  ['a\0b', 'its name contains a null character'],
];
const pathOf = (name: string) => (name.startsWith('/') ? name : at(name));

describe('A read of a file', () => {
  it.each(REFUSED)('refuses %j at once', async (name, message) => {
    const path = pathOf(name);
    await expect(readRegularFile(path, 100)).rejects.toThrow(message);
    await expect(openRegularFile(path)).rejects.toThrow(message);
    expect(() => readRegularFileSync(path, 100)).toThrow(message);
    expect(() => readStartSync(path, 16)).toThrow(message);
    expect(await readingFault(path)).toBe(message);
  });

  it.each(['text', 'link'])('gives the content of the regular file %s', async (name) => {
    expect(String(await readRegularFile(at(name), 5))).toBe('hello');
    expect(String(readRegularFileSync(at(name), 5))).toBe('hello');
    expect(String(readStartSync(at(name), 2))).toBe('he');
    expect(await readingFault(at(name))).toBeNull();
  });

  it('gives nothing for an empty file', () => {
    expect(readRegularFileSync(at('empty'), 100)).toHaveLength(0);
  });

  it('refuses a file over the limit and names the limit', async () => {
    await expect(readRegularFile(at('large'), 100)).rejects.toThrow(
      'it is larger than 100 bytes, the most that is read',
    );
    expect(() => readRegularFileSync(at('large'), 100)).toThrow('larger than 100 bytes');
    expect(readRegularFileSync(at('large'), 101)).toHaveLength(101);
  });

  it('stops at the limit when the file grows while it is read', async () => {
    const path = at('growing');
    writeFileSync(path, 'x');
    const reading = readRegularFile(path, 100_000);
    // The file has been opened by then, or is opened with its new size: it exceeds the limit either way.
    appendFileSync(path, 'x'.repeat(100_000));
    await expect(reading).rejects.toThrow('larger than 100000 bytes');
  });

  it.runIf(process.platform === 'linux')('reads files that state no size to their end, within the limit', async () => {
    expect(String(readRegularFileSync('/proc/self/status', 100_000))).toContain('Pid:');
    await expect(readRegularFile('/proc/self/status', 10)).rejects.toThrow('larger than 10 bytes');
  });
});

describe('A read of a stream', () => {
  it('gives everything up to the limit', async () => {
    expect(String(await readStream(Readable.from(['ab', Buffer.from('c')]), 3))).toBe('abc');
  });

  it('ends an endless stream at the limit', async () => {
    const endless = new Readable({ read: (size) => void endless.push(Buffer.alloc(size)) });
    await expect(readStream(endless, 1024 * 1024)).rejects.toThrow('it is larger than 1 MiB, the most that is read');
    expect(endless.destroyed).toBe(true);
  });

  it('says why a stream breaks off', async () => {
    const broken = new Readable({ read: () => void broken.destroy(Object.assign(new Error('raw'), { code: 'EIO' })) });
    await expect(readStream(broken, 10)).rejects.toThrow('the device reports an error');
  });
});
