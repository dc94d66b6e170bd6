import { textKind } from '../../text/passage-lines.ts';

/** Explicit subject of a question. */
export interface Topic {
  tests: boolean;
  history: boolean;
  /** Names of files in it. */
  files: readonly string[];
}

/** How much a file counts that the question names. */
const NAMED = 3;

/** Weight of a path: documents and sources before tests, change logs and data, unless the question is about those. */
export function prior(path: string, topic: Topic): number {
  if (isAsked(path, topic)) return NAMED;
  if (/(?:^|\/)(?:licen[cs]e|copying|notice)\b/i.test(path)) return 0.3;
  if (!topic.history && /(?:^|\/)(?:changelog|changes|history|news)\b/i.test(path)) return 0.5;
  if (!topic.tests && /(?:^|\/)(?:tests?|__tests__|specs?|fixtures|mocks?)\/|[._-](?:test|spec)\.\w+$/i.test(path))
    return 0.7;
  const kind = textKind(path);
  if (kind === 'data') return 0.6;
  return kind === 'prose' ? 1.1 : 1;
}

/** Names of files in a question: with a slash, or with an ending. */
const FILE_NAME =
  /(?<![\w/.@-])(?:[\w.@-]+\/)*[\w@-][\w.@-]*\.[A-Za-z]\w{0,7}(?![\w/])|(?<![\w/.@-])(?:[\w.@-]+\/)+[\w.@-]+/g;

/** Whether the question names the file, or the end of its path. */
export function isAsked(path: string, { files }: Topic): boolean {
  return files.some((file) => path === file || path.endsWith(`/${file}`));
}

export function topicOf(questions: readonly string[]): Topic {
  const asks = (pattern: RegExp) => questions.some((question) => pattern.test(question));
  const files = questions
    .flatMap((question) => question.match(FILE_NAME) ?? [])
    .map((file) => file.replace(/^(?:\.\/)+/, ''));
  return {
    tests: asks(/\b(?:tests?|specs?|testing)\b/i),
    history: asks(/\b(?:changelog|changes|history|release)\b/i),
    files,
  };
}
