import { toAgentError } from '../../src/agents/ai-sdk/model-error.ts';
import { extractiveAgent } from '../../src/agents/extractive.ts';
import { createProgressLog } from '../../src/cli/progress-log.ts';
import { initialView, watchEvent } from '../../src/cli/progress-view.ts';
import { reportOf } from '../../src/cli/report-error.ts';
import { outputsOf } from '../../src/cli/summary.ts';
import { tableLines } from '../../src/cli/table.ts';
import { didYouMean } from '../../src/errors/nearest.ts';
import { showValue } from '../../src/errors/show-value.ts';
import { SoarError } from '../../src/errors/soar-error.ts';
import { toTaskError } from '../../src/errors/to-task-error.ts';
import { processFailure } from '../../src/node/command/process-failure.ts';
import { looksMinified } from '../../src/node/search/text-files.ts';
import { assess } from '../../src/phases/assess/assess.ts';
import { createPassageIndex } from '../../src/phases/retrieve/passage-index.ts';
import { synthesize } from '../../src/phases/synthesize/synthesize.ts';
import { taskCitations, withoutMarks } from '../../src/phases/synthesize/task-citations.ts';
import { buildPrompt } from '../../src/plan/context.ts';
import { formatPlanYaml } from '../../src/plan/format-plan.ts';
import { jsonFault } from '../../src/plan/json-fault.ts';
import { parseMarkdownPlan } from '../../src/plan/markdown.ts';
import { parsePlanText } from '../../src/plan/parse.ts';
import { parseReading } from '../../src/plan/reading.ts';
import type { RunEvent } from '../../src/run/events.ts';
import { citationsIn } from '../../src/text/citations.ts';
import { dataBlock } from '../../src/text/data-block.ts';
import { findJson } from '../../src/text/find-json.ts';
import { cleanText, escaped, escapedJson, oneLine } from '../../src/text/foreign-text.ts';
import { splitQuestions } from '../../src/text/questions.ts';
import { uniqueSlug } from '../../src/text/slug.ts';
import { queryTerms, terms } from '../../src/text/terms.ts';
import { parseTrace } from '../../src/trace/replay/parse-trace.ts';
import { of, type Shape } from './hostile-shapes.ts';
import { plainPassage } from './passages.ts';

/** Something that reads text of others, on the path it takes in a run. */
export interface Scanner {
  name: string;
  scan(text: string): unknown;
  /** What its worst inputs repeat, beside those that all scanners are given. */
  shapes?: readonly Shape[];
  /** Longest input of the test, characters. Default 250,000. */
  length?: number;
}

const QUESTION = 'How does the gate pace starts, and why do retries wait?';

const outcome = (output: string) => ({
  taskId: 'a',
  agentId: 'x',
  status: 'succeeded' as const,
  output,
  outputTruncated: false,
  via: 'agent' as const,
  attempts: [],
  error: null,
  startedAt: 0,
  durationMs: 1,
});

function attempt(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (SoarError.isInstance(error)) return reportOf(error);
    throw error;
  }
}

const controls = {
  signal: new AbortController().signal,
  heartbeat() {},
  progress() {},
  output() {},
  suspect() {},
  session() {},
};

/** Runs a built-in agent over passages and dependencies of this text. */
function ask(agent: ReturnType<typeof extractiveAgent>, text: string): unknown {
  const request = {
    question: QUESTION,
    prompt: `${QUESTION}\n${text}`,
    query: QUESTION,
    passages: [plainPassage('a.md', `${text}\n${QUESTION}`)],
    dependencies: { a: text },
  };
  return agent.run(request as never, controls as never);
}

/** Scanners of all that others write; those of tools' outputs and of secrets are in `tool-scanners.ts`. */
export const SCANNERS: readonly Scanner[] = [
  { name: 'text to show', scan: cleanText, shapes: of('\x1b]8;;x', '\x1bP', '\x1b[0', '\x1b(', '\x1b]a\x1b') },
  { name: 'quoted names', scan: (text) => [escaped(text), showValue(text), oneLine(text)] },
  { name: 'JSON on stdout', scan: (text) => escapedJson(JSON.stringify(text)) },
  {
    name: 'stderr of a failed process',
    scan: (text) =>
      processFailure({
        exitCode: 1,
        exitSignal: null,
        stdout: text,
        stderr: text,
        output: text,
        truncated: false,
        source: 'command',
        now: 0,
      }),
  },
  { name: 'what an agent threw', scan: (text) => toTaskError(new Error(text, { cause: text }), 0) },
  {
    name: 'what a model answered in failing',
    scan: (text) =>
      toAgentError(new Error(text), { model: 'm', output: '', usage: undefined, secrets: ['abcdefgh1'], now: 0 }),
  },
  {
    name: 'faults and suggestions',
    scan: (text) => [reportOf(new SoarError('usage', text)), didYouMean(text, [`${text}x`, 'a'])],
  },
  { name: 'a warning in the log', scan: (text) => createProgressLog()({ type: 'warning', message: text } as RunEvent) },
  {
    name: 'the live view',
    scan: (text) => {
      const view = initialView(0);
      watchEvent(view, { type: 'task.state', taskId: 'a', agentId: 'x', state: 'running', at: 0 } as RunEvent);
      watchEvent(view, { type: 'attempt.output', taskId: 'a', text } as RunEvent);
    },
  },
  {
    name: 'the summary of outputs',
    scan: (text) => outputsOf({ outcomes: [outcome(text)] } as never, { tasks: [] }, (_, one) => one, ''),
  },
  { name: 'a table', scan: (text) => tableLines([{ title: 'a', shrinks: true }], [[text]], 80) },
  {
    name: 'the prompt of a dependent',
    scan: (text) =>
      buildPrompt({
        prompt: 'x',
        dependencies: [{ taskId: 'a', status: 'succeeded', output: text, error: null }],
        passages: [plainPassage('a', text)],
      }),
  },
  {
    name: 'a block of data',
    scan: (text) => dataBlock('passage', text, { path: text }),
    shapes: of('</', '< passage', '<\n'),
  },
  {
    name: 'JSON in an answer',
    scan: findJson,
    shapes: [
      ...of('{"a":1,}', '[', '{a:', "{'", '{"a" "b"', '["a"b"c"', '/*', '{"a":"b\n'),
      { unit: '"b"c', before: '{"a":', after: '}' },
      { unit: "'b", before: '[', after: ']' },
      { unit: 'a ', before: '[', after: ']' },
      { unit: ' ', before: '{"a":1', after: ' b}' },
      { unit: '/**/', before: '[', after: 'x]' },
      { unit: ',', before: '[', after: ']' },
      { unit: '"a"+', before: '[', after: ']' },
      { unit: '\\', before: '["', after: ']' },
    ],
  },
  {
    name: 'citations of files',
    scan: (text) => citationsIn(text),
    shapes: of('(a:1)', '(run:', '(a(b', '((', '(a b', '(a (b) '),
  },
  {
    name: 'citations of tasks',
    scan: (text) => [taskCitations(text, new Set(['a'])), withoutMarks(text, ['a'])],
    shapes: of('[a', '[a]', '[[a', '[a](', ' ,', '[ ,'),
  },
  {
    name: 'a plan in Markdown',
    scan: (text) => attempt(() => parseMarkdownPlan(text)),
    shapes: [
      ...of('- [ ] a\n', '<!-- agent: a -->', '# a #', '- a:', '- Depends: 1\n', '  - Depends: 2\n'),
      { unit: '  - Depends: 1\n', before: '- [ ] a\n- [ ] b\n' },
      { unit: ' ', before: '# a', after: 'b' },
      { unit: ' ', before: '- [ ]', after: 'b' },
      { unit: '\u2028', before: '- Agent: a', after: 'b' },
      { unit: '  b\n', before: '- [ ] a\n' },
    ],
  },
  {
    name: 'a plan in YAML',
    // The library is linear, and takes 5 µs for a character of some faulty plans.
    length: 60_000,
    scan: (text) => attempt(() => parsePlanText(text, { format: 'yaml' })),
    shapes: [
      ...of('- a\n', '? ', '&a ', '!a ', '- - ', '{a: b}\n', '[a, '),
      { unit: ' b', before: 'a:' },
      { unit: '\n b', before: 'a:' },
      { unit: ' #', before: 'a: b' },
      { unit: "''", before: "a: '" },
    ],
  },
  {
    name: 'a plan in JSON',
    scan: (text) => [attempt(() => parsePlanText(text, { format: 'json' })), jsonFault(text)],
    shapes: [
      { unit: '\\n', before: '"' },
      { unit: 'é', before: '"' },
      { unit: '[[],', before: '' },
    ],
  },
  { name: 'a plan of any format', scan: (text) => attempt(() => parsePlanText(text)), length: 60_000 },
  { name: 'a plan written as YAML', scan: (text) => formatPlanYaml({ tasks: [{ id: 'a', prompt: text }] }) },
  { name: 'an entry of `read`', scan: parseReading, shapes: of('a:1', ':', ':1-') },
  { name: 'a trace', scan: (text) => attempt(() => parseTrace(text)) },
  {
    name: 'a file that is searched',
    scan: (text) => {
      const index = createPassageIndex([QUESTION]);
      for (const path of ['a.md', 'a.ts', 'a.py', 'a.json']) if (!looksMinified(path, text)) index.add(path, text);
      return index.best(10);
    },
    shapes: of(
      '# gate\n',
      '#\n',
      '// a\n',
      '/* a\n',
      '@a\n',
      'const gate = 1;\n',
      'export ',
      'pub(',
      'gate starts\n',
      'retries wait. ',
    ),
  },
  {
    name: 'a question',
    scan: (text) => [splitQuestions(text), assess({ query: text }), queryTerms(text)],
    shapes: of(
      'and how ',
      'then ',
      '1. a ',
      '- a\n',
      'compare a and ',
      'a vs b ',
      'how do ',
      'integrate ',
      'on-',
      'a/',
      '? ',
      'what is ',
    ),
  },
  {
    name: 'words',
    scan: (text) => [terms(text), uniqueSlug(text, new Set())],
    shapes: of('aB', 'ABc', 'ation', '\ufdfa', 'ss'),
  },
  {
    name: 'the extractive agent',
    scan: (text) => ask(extractiveAgent(), text),
    shapes: of('the gate starts retries. '),
  },
  {
    name: 'an answer put together',
    scan: (text) =>
      synthesize({
        query: QUESTION,
        plan: { tasks: [{ id: 'a', prompt: text, dependsOn: [] }] },
        outcomes: [outcome(text)],
        passages: [plainPassage('a.md', text)],
      } as never),
  },
];
