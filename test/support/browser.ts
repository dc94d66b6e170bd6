import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
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

/** What a page does in a moment takes many where everything else is tested at the same time. */
const PATIENCE_MS = 120_000;

/** Starts a headless Chromium with a profile of its own. Nothing is downloaded; the caller closes it. */
export async function startBrowser(): Promise<Browser> {
  const browser = await chromium.launch({ ...(await findBrowser()), args: ARGS, timeout: PATIENCE_MS });
  browser.on('context', (context) => context.setDefaultTimeout(PATIENCE_MS));
  return browser;
}

interface Command {
  executablePath: string;
  env?: NodeJS.ProcessEnv;
}

/** The browser that npm installed, unpacked once for all tests of a user; else the one of the system. */
async function findBrowser(): Promise<Command> {
  if (process.arch !== 'x64' || process.platform !== 'linux') return systemBrowser();
  const installed = createRequire(import.meta.url).resolve('@sparticuz/chromium');
  const root = installed.slice(0, installed.lastIndexOf('chromium') + 8);
  const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as { version: string };
  // No other user may read it, or has put it there.
  const folder = path.join(tmpdir(), `soar-chromium-${version}-${process.getuid?.()}`);
  const executablePath = path.join(folder, 'chromium');
  if (!existsSync(executablePath)) await unpackInto(folder);
  const env: NodeJS.ProcessEnv = { ...process.env, FONTCONFIG_FILE: path.join(folder, 'with-fonts.conf') };
  if (starts({ executablePath, env })) return { executablePath, env };
  // A small installation of Linux lacks what it is linked to; the package brings that, too.
  const LD_LIBRARY_PATH = [path.join(folder, 'al2023/lib'), env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  const withLibraries = { executablePath, env: { ...env, LD_LIBRARY_PATH } };
  return starts(withLibraries) ? withLibraries : systemBrowser();
}

function starts({ executablePath, env = process.env }: Command): boolean {
  return spawnSync(executablePath, ['--version'], { env }).status === 0;
}

/** The fonts of the system, if it has any: without one Chromium dies of the first page. */
const fontsConf = (folder: string) => `<?xml version="1.0"?>
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>${folder}/fonts</dir>
  <cachedir>${folder}/fonts-cache</cachedir>
</fontconfig>
`;

const UNPACK = "import packed from '@sparticuz/chromium'; await packed.executablePath();";

/** Unpacks beside, then moves: test files that start at once must not see half a browser. */
async function unpackInto(folder: string): Promise<void> {
  const unpacked = await mkdtemp(path.join(tmpdir(), 'soar-unpack-'));
  // It goes by the environment: where to, and whether with the libraries, which it thinks one cloud alone needs.
  const env = { ...process.env, TMPDIR: unpacked, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' };
  const unpack = promisify(execFile);
  await unpack(process.execPath, ['--input-type=module', '--eval', UNPACK], { cwd: import.meta.dirname, env });
  await writeFile(path.join(unpacked, 'with-fonts.conf'), fontsConf(folder));
  try {
    await rename(unpacked, folder);
  } catch (error) {
    await rm(unpacked, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}

function systemBrowser(): Command {
  const found = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((one) =>
    existsSync(one),
  );
  if (!found) throw new Error('There is no Chromium for the tests: install Chromium, or run them on Linux x64.');
  return { executablePath: found };
}
