import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';

const root = path.join(import.meta.dirname, '../..');

export interface Bundle {
  /** The first script of it, or all of it when it is not split. */
  code: string;
  /** Texts of its scripts, by their places below the root of the project. */
  files: ReadonlyMap<string, string>;
  metafile: Metafile;
  /** What a page loads with the given entries, each a file of the sources or `<stdin>`, minified. */
  weightOf(entries: readonly string[]): Weight;
}

export interface Weight {
  kB: number;
  zippedKB: number;
  /** Bytes by package, or by folder of our own, most first. */
  heaviest: string;
}

/** Bundles what a script would be, in the root of the project, as bundlers for browsers do. */
export async function bundleForBrowsers(script: string, options: BuildOptions = {}): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    ...options,
    stdin: { contents: script, resolveDir: root, loader: 'ts' },
    absWorkingDir: root,
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    platform: 'browser',
    logLevel: 'silent',
    outdir: 'bundle',
    plugins: [standIns()],
  });
  const files = new Map(outputFiles.map((file) => [path.relative(root, file.path), file.text]));
  const weightOf = (entries: readonly string[]) => weigh(loadedWith(entries, metafile), files, metafile);
  return { code: files.get('bundle/stdin.js') ?? '', files, metafile, weightOf };
}

/** The same in several files, of which some are loaded when they are wanted. */
export function splitForBrowsers(script: string): Promise<Bundle> {
  return bundleForBrowsers(script, { format: 'esm', splitting: true });
}

/** What `browser` in package.json says of the built files, said of the sources. */
function standIns(): Plugin {
  const { browser } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    browser: Record<string, string>;
  };
  const sourceOf = (file: string) => path.join(root, file.replace('./dist/', 'src/').replace(/\.js$/, '.ts'));
  const known = new Map(Object.entries(browser).map(([file, standIn]) => [sourceOf(file), sourceOf(standIn)]));
  return {
    name: 'stand-ins',
    setup({ onResolve }) {
      onResolve({ filter: /^\./ }, ({ resolveDir, path: file }) => {
        const standIn = known.get(path.join(resolveDir, file));
        return standIn === undefined ? undefined : { path: standIn, sideEffects: false };
      });
    },
  };
}

/** The outputs that hold these entries, and all they import before they run. */
function loadedWith(entries: readonly string[], { outputs }: Metafile): Set<string> {
  const first = Object.entries(outputs).filter(([, { entryPoint }]) => entries.includes(entryPoint ?? ''));
  if (first.length < entries.length) throw new Error(`Not all of ${entries.join(', ')} are entries of the bundle.`);
  const loaded = new Set(first.map(([file]) => file));
  for (const file of loaded) {
    for (const { path: next, kind } of outputs[file]?.imports ?? []) if (kind === 'import-statement') loaded.add(next);
  }
  return loaded;
}

function weigh(files: ReadonlySet<string>, texts: ReadonlyMap<string, string>, { outputs }: Metafile): Weight {
  const contents = [...files].map((file) => texts.get(file) ?? '');
  const weights = new Map<string, number>();
  for (const file of files) {
    for (const [input, { bytesInOutput }] of Object.entries(outputs[file]?.inputs ?? {})) {
      const [, dependency] = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input) ?? [];
      const name = dependency ?? input.split('/').slice(0, 2).join('/');
      weights.set(name, (weights.get(name) ?? 0) + bytesInOutput);
    }
  }
  const sorted = [...weights].sort((a, b) => b[1] - a[1]).slice(0, 8);
  return {
    kB: contents.reduce((sum, text) => sum + text.length, 0) / 1000,
    zippedKB: contents.reduce((sum, text) => sum + gzipSync(text).length, 0) / 1000,
    heaviest: sorted.map(([name, bytes]) => `${name} ${(bytes / 1000).toFixed(1)} kB`).join(', '),
  };
}
