import { describe, expect, it } from 'vitest';
import { CLI_TOOLS } from '../../../../src/node/tools/cli-tools.ts';
import { createToolReader } from '../../../../src/node/tools/envelopes/tool-reader.ts';
import type { CliTool } from '../../../../src/plan/types.ts';
import { fakeControls } from '../../../support/fake-controls.ts';

/** What is made of events with exit code 0. */
function read(tool: CliTool, ...events: object[]) {
  const { output } = CLI_TOOLS[tool];
  if (!('format' in output)) throw new Error(`${tool} has no events`);
  const reader = createToolReader(output.format, { program: tool, controls: fakeControls(), maxOutputBytes: 10_000 });
  for (const event of events) reader.stdout(`${JSON.stringify(event)}\n`);
  const left = { stdout: '', plain: '', truncated: false, stderr: '', exitCode: 0, exitSignal: null, aborted: null };
  try {
    return reader.finish({ ...left, now: 0 });
  } catch (error) {
    return error;
  }
}

const LIMIT = '5-hour limit reached ∙ resets 3am';
const claude = (result: string, rest: object = {}) => ({
  type: 'result',
  subtype: 'success',
  is_error: false,
  result,
  ...rest,
});
const tokens = (count: number) => ({ usage: { input_tokens: count, output_tokens: count } });
const limited = { kind: 'rate_limited', message: LIMIT };

describe('an answer that only says that a limit was hit', () => {
  it.each<[string, CliTool, object[]]>([
    ['no tokens', 'claude', [claude(LIMIT, tokens(0))]],
    ['tokens that are not reported', 'claude', [claude(LIMIT)]],
    [
      'no tokens',
      'codex',
      [{ type: 'item.completed', item: { type: 'agent_message', text: LIMIT } }, { type: 'turn.completed' }],
    ],
    [
      'no tokens',
      'gemini',
      [
        { type: 'message', role: 'assistant', content: LIMIT },
        { type: 'result', status: 'success', stats: { total_tokens: 0 } },
      ],
    ],
    [
      'no tokens',
      'opencode',
      [
        { type: 'text', part: { text: LIMIT } },
        { type: 'step_finish', part: { reason: 'stop', cost: 0 } },
      ],
    ],
  ])('is that limit, with %s: %s', (_, tool, events) => {
    expect(read(tool, ...events)).toMatchObject(limited);
  });

  it('is an answer when a model made it', () => {
    expect(read('claude', claude(LIMIT, tokens(5)))).toMatchObject({ output: LIMIT });
    expect(read('claude', claude(LIMIT, { total_cost_usd: 0.01 }))).toMatchObject({ output: LIMIT });
  });

  it.each([
    "You've hit your limit · resets 9pm",
    'You’re out of extra usage · resets 5pm (Europe/Lisbon)',
    'Claude AI usage limit reached|1790000000',
    'API Error: 429 Too Many Requests',
    'Limit reached',
    "You've hit your weekly Sonnet limit. Try again at 3:05 PM.",
    '已达到 5 小时的使用上限，将于 2026年11月24日 17:00 重置',
  ])('is known when no tokens are reported: %s', (text) => {
    expect(read('claude', claude(text))).toMatchObject({ kind: 'rate_limited', message: text });
  });

  it.each([
    "The answer is 42: You've hit your limit is what it prints.",
    "You've hit your limit is what it prints.",
    'I made the tool wait: rate limit reached, resets 3am.',
    'Usage limits reset at 5pm; I wrote that into the docs.',
    '"Limit reached" is what the old client said.',
    'Rate limiting is on.',
  ])('is an answer when it speaks of limits, also without tokens: %s', (text) => {
    expect(read('claude', claude(text))).toMatchObject({ output: text });
    expect(read('claude', claude(text, tokens(3)))).toMatchObject({ output: text });
  });

  it('is an answer when it says more', () => {
    const text =
      `The log says "${LIMIT}". ${'That is the limit of the plan, and no fault of the code. '.repeat(10)}`.trim();
    expect(read('claude', claude(text, tokens(0)))).toMatchObject({ output: text });
    expect(read('claude', claude('Done.', tokens(0)))).toMatchObject({ output: 'Done.' });
  });

  it('is an answer of a tool that does not always report tokens', () => {
    const events = [{ type: 'assistant', message: { content: [{ type: 'text', text: LIMIT }] } }, claude(LIMIT)];
    expect(read('cursor-agent', ...events)).toMatchObject({ output: LIMIT });
  });
});

it.each([
  'You’re out of extra usage · resets 5pm (Europe/Lisbon)',
  'API Error: 400 Spending allowance reached, resets Monday 9am',
  'Your credit is spent until 18:00',
  '已达到 5 小时的使用上限，将于 2026年11月24日 17:00 重置',
])('an error by its event is a limit, whatever its words: %s', (result) => {
  expect(read('claude', { ...claude(result), is_error: true, api_error_status: 400 })).toMatchObject({
    kind: 'rate_limited',
  });
});

it('an error with a time in it is not a limit when it is surely something else', () => {
  const event = { ...claude('Invalid API key; usage is shown until 18:00'), is_error: true, api_error_status: 401 };
  expect(read('claude', event)).toMatchObject({ kind: 'auth' });
});
