import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** A dangerous notion, the files that may use it, and how a use of it looks in source text. */
interface Home {
  notion: string;
  files: readonly string[];
  use: RegExp;
}

const HOMES: readonly Home[] = [
  {
    notion: 'signals to processes',
    files: ['src/node/process/signals.ts'],
    use: /\bprocess\.kill\b|\.kill\(/,
  },
  {
    notion: 'child processes',
    files: ['src/node/process/children.ts'],
    use: /['"](?:node:)?(?:child_process|cluster|execa)['"]/,
  },
  {
    // The others read what this package or the system has written, and `sync-file.ts`, `trace-file.ts` and `write-target.ts` open to write.
    notion: 'reads of files',
    files: [
      'src/cli/machine.ts',
      'src/cli/program.ts',
      'src/node/process/process-marks.ts',
      'src/node/process/process-tree.ts',
      'src/node/files/read-file.ts',
      'src/node/files/sync-file.ts',
      'src/node/process/this-process.ts',
      'src/node/view/trace-file.ts',
      'src/node/view/viewer-page.ts',
      'src/node/files/write-target.ts',
    ],
    use: /\b(?:readFile(?:Sync)?|createReadStream|readSync|openSync)\(|\bopen\b.*from 'node:fs\/promises'/,
  },
  {
    notion: 'requests over the network',
    files: ['src/node/models/own-origin-fetch.ts'],
    use: /(?<![\w$.-])fetch\(/,
  },
  {
    notion: 'what stands for a secret',
    files: ['mark', 'unmask', 'secret-mask', 'spoken-secrets'].map((name) => `src/text/mask/${name}.ts`),
    use: /«(?!API)|\[masked\]/,
  },
  {
    notion: 'the shapes of credentials',
    files: ['credentials', 'find-secrets', 'spoken-secrets'].map((name) => `src/text/mask/${name}.ts`),
    use: /ghp_|gh\[pousr/,
  },
  {
    notion: 'terminal codes in text of others',
    files: [],
    use: /\bstripVTControlCharacters\b/,
  },
  {
    notion: 'which commands run their prompt as code',
    files: ['src/node/command/prompt-code.ts'],
    use: /from '\.\/code-programs\.ts'/,
  },
  {
    notion: 'texts for stdout and stderr',
    files: ['src/cli/program.ts', 'src/cli/stdout.ts', 'src/cli/terminal.ts'],
    use: /(?<!decoders\.)\b(?:stdout|stderr)\.write\b/,
  },
];

const root = join(import.meta.dirname, '../..');

function sources(): string[] {
  const paths = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  return paths.filter((path) => /\.tsx?$/.test(path)).map((path) => `src/${path.replaceAll('\\', '/')}`);
}

/** Lines of code, without comments at their start. */
function code(path: string): string[] {
  const lines = readFileSync(join(root, path), 'utf8').split('\n');
  return lines.filter((line) => !/^\s*(?:\/\/|\/?\*)/.test(line));
}

describe('A dangerous notion has one home', () => {
  it.each(HOMES)('keeps $notion in their module', ({ files, use }) => {
    const users = sources().filter((path) => code(path).some((line) => use.test(line)));
    expect(users.toSorted()).toEqual([...files].toSorted());
  });
});
