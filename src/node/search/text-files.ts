import type { Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { Ignore } from 'ignore';
import { textKind } from '../../text/passage-lines.ts';
import { MAX_BYTES, readRegularFile } from '../files/read-file.ts';
import { ignoreRules } from './ignore-rules.ts';
import { isSecretPath } from './secret-files.ts';

const SKIPPED_FOLDERS = new Set(
  '.git .hg .svn .soar node_modules bower_components vendor dist build out target coverage .next .nuxt .cache .venv venv __pycache__ .tox .idea .vscode'.split(
    ' ',
  ),
);
const LOCKFILE =
  /(?:^|\/)(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|cargo\.lock|poetry\.lock|uv\.lock|pipfile\.lock|gemfile\.lock|composer\.lock|go\.sum|flake\.lock)$/i;
const NO_TEXT =
  /\.(?:png|jpe?g|gif|webp|avif|ico|bmp|tiff?|mp[34]|m4a|wav|ogg|webm|mov|avi|zip|gz|tgz|bz2|xz|zst|7z|rar|jar|war|pdf|docx?|xlsx?|pptx?|woff2?|ttf|otf|eot|wasm|so|dylib|dll|exe|bin|class|pyc|o|a|db|sqlite3?|map|svg|min\.js|min\.css|snap|parquet|onnx|pt)$/i;
/** Hidden folders hold caches and settings of tools; this one holds what people write. */
const VISIBLE = new Set(['.github']);

export interface TextFileListing {
  /** Relative to the root, with forward slashes; shallow ones first, each level by name. */
  files: string[];
  /** How many files were left out since they may hold secrets. */
  secrets: number;
  notes: string[];
}

interface Folder {
  path: string;
  /** The ignore files above it, each with the folder it stands in. */
  rules: readonly { base: string; matcher: Ignore }[];
}

/**
 * Lists the files of a directory that are worth reading, level by level, so that a bound cuts the deepest ones off. Files that may
 * hold secrets are counted and left out, under each of their hard links.
 * Rejects only when aborted; folders that cannot be read are left out and counted in the notes.
 */
export async function textFiles(options: {
  root: string;
  maxFiles: number;
  maxFileBytes: number;
  signal: AbortSignal;
}): Promise<TextFileListing> {
  const { root, maxFiles, maxFileBytes, signal } = options;
  const files: string[] = [];
  const links = new SecretLinks();
  let secrets = 0;
  let large = 0;
  let unreadable = 0;
  const listed = (stopped?: string): TextFileListing => {
    const kept = files.filter((path) => !links.isSecret(path));
    secrets += files.length - kept.length;
    return { files: kept, secrets, notes: notesOf(large, unreadable, stopped) };
  };
  let level: Folder[] = [{ path: '', rules: [] }];
  while (level.length > 0) {
    const next: Folder[] = [];
    for (const folder of level) {
      signal.throwIfAborted();
      const read = await readFolder(root, folder);
      if (!read) {
        unreadable++;
        continue;
      }
      next.push(...read.folders);
      const [stats, hidden] = await Promise.all([statsOf(root, read.files), statsOf(root, read.secrets)]);
      for (const stat of hidden) links.addSecret(stat);
      secrets += read.secrets.length;
      for (const [at, path] of read.files.entries()) {
        const stat = stats[at] ?? null;
        const { size = 0 } = stat ?? {};
        links.add(path, stat);
        if (size > maxFileBytes) large++;
        else files.push(path);
        if (files.length > maxFiles) {
          files.pop();
          return listed(`Stopped at ${maxFiles} files.`);
        }
      }
    }
    level = next;
  }
  return listed();
}

function statsOf(root: string, paths: readonly string[]): Promise<(Stats | null)[]> {
  return Promise.all(paths.map((path) => lstat(resolve(root, path)).catch(() => null)));
}

/** Files with several names, one of which may be that of a secret file. */
class SecretLinks {
  readonly #secrets = new Set<string>();
  readonly #linked = new Map<string, string>();

  addSecret(stat: Stats | null): void {
    if (stat && stat.nlink > 1) this.#secrets.add(`${stat.dev}:${stat.ino}`);
  }

  add(path: string, stat: Stats | null): void {
    if (stat && stat.nlink > 1) this.#linked.set(path, `${stat.dev}:${stat.ino}`);
  }

  isSecret(path: string): boolean {
    const file = this.#linked.get(path);
    return file !== undefined && this.#secrets.has(file);
  }
}

interface FolderEntries {
  folders: Folder[];
  files: string[];
  /** Files that are never read. */
  secrets: string[];
}

async function readFolder(root: string, folder: Folder): Promise<FolderEntries | null> {
  const entries = await readdir(resolve(root, folder.path), { withFileTypes: true }).catch(() => null);
  if (!entries) return null;
  const own = entries.some((entry) => entry.name === '.gitignore' && entry.isFile())
    ? await ignoreFile(resolve(root, folder.path, '.gitignore'))
    : '';
  const rules = own === '' ? folder.rules : [...folder.rules, { base: folder.path, matcher: ignoreRules(own) }];
  const folders: Folder[] = [];
  const files: string[] = [];
  const secrets: string[] = [];
  const base = basename(root);
  for (const { name, entry } of entries.map((entry) => ({ name: entry.name, entry })).sort(byName)) {
    const path = folder.path === '' ? name : `${folder.path}/${name}`;
    // Neither is true of a symbolic link, so nothing outside the directory is ever reached.
    if (entry.isDirectory()) {
      if (!SKIPPED_FOLDERS.has(name) && (!name.startsWith('.') || VISIBLE.has(name)) && !isIgnored(`${path}/`, rules))
        folders.push({ path, rules });
    } else if (entry.isFile() && isSecretPath(base.startsWith('.') ? `${base}/${path}` : path)) {
      secrets.push(path);
    } else if (entry.isFile() && isWanted(path) && !isIgnored(path, rules)) {
      files.push(path);
    }
  }
  return { folders, files, secrets };
}

/** An ignore file that cannot be read ignores nothing. */
async function ignoreFile(path: string): Promise<string> {
  return readRegularFile(path, MAX_BYTES.ignore).then(String, () => '');
}

function isWanted(path: string): boolean {
  return !LOCKFILE.test(path) && !NO_TEXT.test(path);
}

/** As in git: the nearest ignore file that has something to say decides. */
function isIgnored(path: string, rules: Folder['rules']): boolean {
  for (const { base, matcher } of rules.toReversed()) {
    const { ignored, unignored } = matcher.test(base === '' ? path : path.slice(base.length + 1));
    if (ignored || unignored) return ignored;
  }
  return false;
}

/** A NUL in the first 8 KiB, as git has it. */
export function looksBinary(content: Uint8Array): boolean {
  return content.subarray(0, 8192).includes(0);
}

/** Very long lines in what is not prose. */
export function looksMinified(path: string, text: string): boolean {
  if (textKind(path) === 'prose' || text.length < 2000) return false;
  const lines = text.split('\n').length;
  return text.length / lines > 300;
}

function notesOf(large: number, unreadable: number, stopped?: string): string[] {
  return [
    ...(stopped ? [stopped] : []),
    ...(large > 0 ? [`Files too large to read: ${large}.`] : []),
    ...(unreadable > 0 ? [`Folders that could not be read: ${unreadable}.`] : []),
  ];
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
