import { readdirSync, readFileSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { DEFAULT_MAX_OUTPUT_BYTES } from '../../src/node/command/command-agent.ts';
import { cliAgent } from '../../src/node/tools/cli-agent.ts';
import { CLI_TOOLS } from '../../src/node/tools/cli-tools.ts';
import { createToolReader } from '../../src/node/tools/envelopes/tool-reader.ts';
import type { CliTool } from '../../src/plan/types.ts';
import type { AgentAnswer } from '../../src/types/agent.ts';
import type { Usage } from '../../src/types/usage.ts';
import { type FakeControls, fakeControls, fakeRequest } from './fake-controls.ts';
import { temporaryDirectory } from './processes.ts';

const FOLDER = join(import.meta.dirname, '../fixtures/envelopes');

/** What a tool printed once, and what is to be made of it. */
export interface Envelope {
  tool: CliTool;
  name: string;
  /** The file that holds its stdout. */
  path: string;
  about: string;
  stdout: Buffer;
  stderr: string;
  exitCode: number;
  expected: Understood;
}

export interface Understood {
  output?: string;
  data?: unknown;
  error?: { kind: string; message: string; output?: string; retryAt?: number; retryAfterMs?: number };
  usage?: Usage;
  session?: string;
  /** What went out as output on the way, and what as progress. */
  streamed?: string;
  progress?: string[];
}

export function envelopes(): Envelope[] {
  return (Object.keys(CLI_TOOLS) as CliTool[]).flatMap((tool) => {
    const files = readdirSync(join(FOLDER, tool));
    return files
      .filter((file) => file.endsWith('.json'))
      .map((file) => {
        const name = file.slice(0, -'.json'.length);
        const path = join(FOLDER, tool, files.find((one) => one === `${name}.ndjson` || one === `${name}.txt`) ?? '');
        const {
          about,
          exitCode = 0,
          stderr = '',
          ...expected
        } = JSON.parse(readFileSync(join(FOLDER, tool, file), 'utf8'));
        return { tool, name, path, about, stdout: readFileSync(path), stderr, exitCode, expected };
      });
  });
}

/** Feeds a reader of the tool's events with pieces of stdout. */
export async function readPieces(
  { tool, stdout, stderr, exitCode }: Envelope,
  pieces: Iterable<Buffer>,
): Promise<Understood> {
  const { output } = CLI_TOOLS[tool];
  if (!('format' in output)) throw new Error(`${tool} has no events`);
  const controls = fakeControls();
  const reader = createToolReader(output.format, { program: tool, controls, maxOutputBytes: DEFAULT_MAX_OUTPUT_BYTES });
  const decoder = new StringDecoder('utf8');
  for (const piece of pieces) reader.stdout(decoder.write(piece));
  const rest = decoder.end();
  if (rest !== '') reader.stdout(rest);
  const text = stdout.toString();
  const plain = text.replace(/\r?\n$/, '');
  return understood(controls, async () =>
    reader.finish({ stdout: text, plain, truncated: false, stderr, exitCode, exitSignal: null, aborted: null, now: 0 }),
  );
}

/** Runs the tool's agent with a stand-in that prints the envelope. */
export async function runEnvelope({ tool, path, stderr, exitCode }: Envelope): Promise<Understood> {
  const folder = await temporaryDirectory();
  const program = join(folder, tool);
  await writeFile(program, `#!/bin/sh\ncat >/dev/null\ncat "$ENVELOPE"\ncat "$0.err" >&2\nexit ${exitCode}\n`);
  await writeFile(`${program}.err`, stderr);
  await chmod(program, 0o755);
  const env = { PATH: `${folder}${delimiter}${process.env.PATH}`, ENVELOPE: path };
  const controls = fakeControls();
  return understood(controls, async () => cliAgent({ tool, env }).run(fakeRequest({ prompt: 'hi' }), controls));
}

async function understood(controls: FakeControls, run: () => Promise<AgentAnswer>): Promise<Understood> {
  const end: Understood = {};
  try {
    const answer = await run();
    if (typeof answer === 'string') end.output = answer;
    else {
      const { output, data, usage } = answer;
      Object.assign(end, { output }, data === undefined ? {} : { data }, usage ? { usage } : {});
    }
  } catch (thrown) {
    const { kind, message, output, retryAt, retryAfterMs, usage } = thrown as NonNullable<Understood['error']> & {
      usage?: Usage;
    };
    end.error = { kind, message, ...(output ? { output } : {}) };
    if (retryAt !== undefined) end.error.retryAt = retryAt;
    if (retryAfterMs !== undefined) end.error.retryAfterMs = retryAfterMs;
    if (usage) end.usage = usage;
  }
  const session = controls.sessions.at(-1);
  if (session !== undefined) end.session = session;
  end.streamed = controls.text.stdout;
  end.progress = controls.progressed.map(({ message }) => message ?? '');
  return end;
}
