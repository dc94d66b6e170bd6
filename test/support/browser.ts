import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts a headless Chromium with a profile of its own. Nothing is downloaded; the caller closes it. */
export async function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: await findBrowser(), args: ARGS });
}

/** The browser that npm installed, unpacked once for all; else the one of the system. */
async function findBrowser(): Promise<string> {
  const installed = createRequire(import.meta.url).resolve('@sparticuz/chromium');
  const manifest = path.join(installed.slice(0, installed.lastIndexOf('chromium') + 8), 'package.json');
  const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string };
  const folder = path.join(tmpdir(), `soar-chromium-${version}`);
  const command = path.join(folder, 'chromium');
  if (existsSync(command)) return command;
  if (process.arch !== 'x64' || process.platform !== 'linux') return systemBrowser();
  await unpackInto(folder);
  return command;
}

/** Unpacks beside, then moves: test files that start at once must not see half a browser. */
async function unpackInto(folder: string): Promise<void> {
  const { TMPDIR } = process.env;
  const unpacked = await mkdtemp(path.join(tmpdir(), 'soar-unpack-'));
  try {
    process.env.TMPDIR = unpacked;
    const { default: packed } = await import('@sparticuz/chromium');
    await packed.executablePath();
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
  }
  try {
    await rename(unpacked, folder);
  } catch (error) {
    await rm(unpacked, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}

function systemBrowser(): string {
  const found = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((one) =>
    existsSync(one),
  );
  if (!found) throw new Error('There is no Chromium for the tests: install Chromium, or run them on Linux x64.');
  return found;
}
