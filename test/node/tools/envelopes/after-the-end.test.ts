import { describe, expect, it } from 'vitest';
import { CLI_TOOLS } from '../../../../src/node/tools/cli-tools.ts';
import { createToolReader } from '../../../../src/node/tools/envelopes/tool-reader.ts';
import type { CliTool } from '../../../../src/plan/types.ts';
import { fakeControls } from '../../../support/fake-controls.ts';

interface Sayings {
  end: object[];
  /** Printed by a tool that does nothing more. */
  beats: object[];
  /** Printed while a model thinks or a tool works. */
  works: object[];
}

const TOOLS: Partial<Record<CliTool, Sayings>> = {
  claude: {
    end: [{ type: 'result', subtype: 'success', is_error: false, result: '42', session_id: 's' }],
    beats: [
      { type: 'system', subtype: 'status', session_id: 's' },
      { type: 'system', subtype: 'heartbeat' },
      { type: 'rate_limit_event', rate_limit_info: { status: 'allowed' } },
      { type: 'stream_event', event: { type: 'ping' } },
      { type: 'control_response' },
      { type: 'something_new' },
    ],
    works: [
      { type: 'stream_event', event: { type: 'content_block_delta', delta: { type: 'thinking_delta' } } },
      { type: 'assistant', message: { content: [{ type: 'tool_use', name: 'Bash' }] } },
      { type: 'user', message: { content: [] } },
      { type: 'tool_progress' },
    ],
  },
  codex: {
    end: [
      { type: 'item.completed', item: { type: 'agent_message', text: '42' } },
      { type: 'turn.completed', usage: { input_tokens: 9 } },
    ],
    beats: [{ type: 'turn.started' }, { type: 'thread.started', thread_id: 't' }, { type: 'heartbeat' }],
    works: [
      { type: 'item.started', item: { type: 'reasoning' } },
      { type: 'item.started', item: { type: 'shell' } },
    ],
  },
  gemini: {
    end: [{ type: 'result', status: 'success', stats: { total_tokens: 10 } }],
    beats: [
      { type: 'init', session_id: 'g' },
      { type: 'heartbeat' },
      { type: 'error', severity: 'warning', message: 'slow' },
    ],
    works: [{ type: 'tool_use', tool_name: 'read' }, { type: 'tool_result' }],
  },
  opencode: {
    end: [
      { type: 'text', part: { text: '42' } },
      { type: 'step_finish', part: { reason: 'stop' } },
    ],
    beats: [{ type: 'step_start' }, { type: 'heartbeat' }],
    works: [{ type: 'reasoning' }, { type: 'tool_use', part: { tool: 'read' } }],
  },
  'cursor-agent': {
    end: [{ type: 'result', subtype: 'success', is_error: false, result: '42' }],
    beats: [{ type: 'system', subtype: 'init' }, { type: 'heartbeat' }, { type: 'interaction_query' }],
    works: [{ type: 'thinking' }, { type: 'tool_call', tool_call: { readToolCall: {} } }],
  },
};

function ended(tool: CliTool, { end }: Sayings) {
  const { output } = CLI_TOOLS[tool];
  if (!('format' in output)) throw new Error(`${tool} has no events`);
  const controls = fakeControls();
  const reader = createToolReader(output.format, { program: tool, controls, maxOutputBytes: 10_000 });
  const say = (event: object) => reader.stdout(`${JSON.stringify(event)}\n`);
  for (const event of end) say(event);
  const atFirst = controls.conclusions;
  expect(atFirst).toBe(1);
  return { say, since: () => controls.conclusions - atFirst };
}

/** Objects that are no events of the tool, such as lines of a log, say nothing about it. */
function isOwn(tool: CliTool, event: unknown): boolean {
  const { output } = CLI_TOOLS[tool];
  return 'format' in output && output.format.types.has((event as { type: string }).type);
}

describe.each(Object.entries(TOOLS))('%s, once it has stated its end', (name, sayings) => {
  const tool = name as CliTool;

  it.each(sayings.beats.map((event) => [JSON.stringify(event), event]))('earns time once by %s', (_, event) => {
    const { say, since } = ended(tool, sayings);
    for (let count = 0; count < 50; count++) say(event as object);
    expect(since()).toBe(isOwn(tool, event) ? 1 : 0);
  });

  it.each(sayings.works.map((event) => [JSON.stringify(event), event]))('earns time by each %s', (_, event) => {
    const { say, since } = ended(tool, sayings);
    for (let count = 0; count < 50; count++) say(event as object);
    expect(since()).toBe(50);
  });

  it('earns time by another statement, and once by a sign of life after it', () => {
    const { say, since } = ended(tool, sayings);
    const [beat = {}] = sayings.beats;
    say(beat);
    for (const event of sayings.end) say(event);
    const before = since();
    say(beat);
    say(beat);
    expect(since()).toBe(before + (isOwn(tool, beat) ? 1 : 0));
  });
});
