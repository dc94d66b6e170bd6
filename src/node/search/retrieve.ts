import { isAbsolute, relative, resolve, sep } from 'node:path';
import { createPassageIndex } from '../../phases/retrieve/passage-index.ts';
import { PASSAGE_BUDGET, questionsOf, retrievalOf } from '../../phases/retrieve/retrieve.ts';
import type { Retriever } from '../../phases/types.ts';
import { MAX_BYTES, readRegularFile } from '../files/read-file.ts';
import { isMostlySecret } from './secret-files.ts';
import { looksBinary, looksMinified, textFiles } from './text-files.ts';

export interface FileRetrieverOptions {
  /** The directory that is searched; passages' paths are relative to it. */
  cwd: string;
  /** Most files read. Default 5000. */
  maxFiles?: number;
  /** Larger files are left out, bytes. Default 512 KiB. */
  maxFileBytes?: number;
  /** Reading stops when this much has been read, bytes. Default 64 MiB. */
  maxTotalBytes?: number;
}

/** How many files are read at a time. */
const BATCH = 32;

/**
 * Retrieval over the text files of a directory, read anew at every question. It honours `.gitignore` files, leaves out
 * dependencies, build output, binary, minified and lock files, and does not follow symbolic links. Files that may hold secrets are
 * never read, unless `contextFiles` name them. Bounds that are hit and files that cannot be read end up in the notes; the phase
 * rejects only when it is aborted.
 */
export function createFileRetriever(options: FileRetrieverOptions): Retriever {
  const { cwd, maxFiles = 5000, maxFileBytes = 512 * 1024, maxTotalBytes = 64 * 1024 * 1024 } = options;
  const root = resolve(cwd);
  return async ({ query, complexity, contextFiles = [] }, { signal }) => {
    const wanted = contextFiles.map((file) => pathFrom(root, file));
    const questions = questionsOf(query);
    const index = createPassageIndex(questions, wanted);
    const notes: string[] = [];
    const seen = new Set<string>();
    let bytes = 0;
    let searched = 0;
    let secrets = 0;

    const add = (path: string, content: Buffer, asked: boolean) => {
      seen.add(path);
      searched++;
      bytes += content.length;
      const text = looksBinary(content) ? null : content.toString('utf8');
      if (text !== null && !asked && isMostlySecret(text)) secrets++;
      else if (text !== null && (asked || !looksMinified(path, text))) index.add(path, text.replace(/^\uFEFF/, ''));
      else if (asked) notes.push(`Could not use \`${path}\`: it is not text.`);
    };

    for (const path of wanted) {
      signal.throwIfAborted();
      const content = await readRegularFile(resolve(root, path), MAX_BYTES.context).catch((error: Error) => error);
      if (Buffer.isBuffer(content)) add(path, content, true);
      else notes.push(`Could not read \`${path}\`: ${content.message}.`);
    }

    const listing = await textFiles({ root, maxFiles, maxFileBytes, signal });
    notes.push(...listing.notes);
    secrets += listing.secrets;
    const paths = listing.files.filter((path) => !seen.has(path));
    let unreadable = 0;
    for (let at = 0; at < paths.length; at += BATCH) {
      signal.throwIfAborted();
      const batch = paths.slice(at, at + BATCH);
      const contents = await Promise.all(
        batch.map((path) => readRegularFile(resolve(root, path), maxFileBytes).catch(() => null)),
      );
      batch.forEach((path, place) => {
        const content = contents[place];
        if (!content) unreadable++;
        else if (bytes + content.length <= maxTotalBytes) add(path, content, false);
        else bytes = maxTotalBytes;
      });
      if (bytes >= maxTotalBytes) {
        notes.push(`Stopped after ${searched} files: ${Math.round(maxTotalBytes / 1024 / 1024)} MiB had been read.`);
        break;
      }
    }
    signal.throwIfAborted();
    if (unreadable > 0) notes.push(`Files that could not be read: ${unreadable}.`);
    if (secrets > 0) notes.push(`Left out ${secrets} ${secrets === 1 ? 'file' : 'files'} that may hold secrets.`);
    return retrievalOf(index.best(PASSAGE_BUDGET[complexity]), complexity, searched, notes);
  };
}

function pathFrom(root: string, file: string): string {
  const path = isAbsolute(file) ? relative(root, file) : relative(root, resolve(root, file));
  return path.split(sep).join('/');
}
