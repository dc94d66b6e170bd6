/** Builds the viewer's page into one HTML file that loads nothing: `node scripts/build-viewer.mjs`. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const root = path.join(import.meta.dirname, '..');
const NOTICE = `/*! Contains Preact (MIT), @preact/signals (MIT) and, packed, elkjs (EPL-2.0; source: npm package elkjs). */\n`;

const hashOf = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

async function bundle(entry, options = {}) {
  const { outputFiles } = await build({
    entryPoints: [path.join(root, entry)],
    bundle: true,
    minify: true,
    write: false,
    legalComments: 'none',
    logLevel: 'warning',
    ...options,
  });
  return outputFiles[0].text.trim();
}

/** The page as text, without a trace. */
export async function buildViewerPage() {
  const [template, script, style, elk] = await Promise.all([
    readFile(path.join(root, 'visualizer/index.html'), 'utf8'),
    bundle('visualizer/main.tsx', {
      format: 'iife',
      target: 'es2022',
      jsx: 'automatic',
      jsxImportSource: 'preact',
    }),
    bundle('visualizer/style/page.css', { target: 'es2022' }),
    readFile(path.join(root, 'node_modules/elkjs/lib/elk-worker.min.js')),
  ]);
  const code = (NOTICE + script).replaceAll('</script', '<\\/script');
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(code)}`,
    `style-src ${hashOf(style)}`,
    "connect-src 'self'",
    'worker-src blob:',
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const parts = {
    POLICY: policy,
    STYLE: style,
    ELK: gzipSync(elk, { level: 9 }).toString('base64'),
    SCRIPT: code,
  };
  return template.replace(/\{\{([A-Z]+)\}\}/g, (_, name) => parts[name]);
}

export async function writeViewerPage(folder = path.join(root, 'dist/visualizer')) {
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, 'index.html');
  await writeFile(file, await buildViewerPage());
  return file;
}

if (import.meta.main) console.log(await writeViewerPage());
