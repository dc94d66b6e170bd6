import type { ErrorKind } from '../../../types/error-kind.ts';
import type { Usage } from '../../../types/usage.ts';
import { type ClaudeEvent, claudeEventSchema } from './claude.schema.ts';
import { failureOf } from './failure.ts';
import type { JsonEvent } from './json-lines.ts';
import type { ToolEvent, ToolFormat } from './tool-event.ts';

type Tokens = NonNullable<ClaudeEvent['usage']>;

/** Kinds by the `error` of an `assistant` event. */
const ERRORS: Readonly<Record<string, ErrorKind>> = {
  authentication_failed: 'auth',
  oauth_org_not_allowed: 'forbidden',
  billing_error: 'forbidden',
  rate_limit: 'rate_limited',
  overloaded: 'transient',
  server_error: 'transient',
  invalid_request: 'invalid_request',
  model_not_found: 'invalid_model',
  max_output_tokens: 'output_limit',
};

/** Limits the user set: the same request meets them again. */
const LIMITS: Readonly<Record<string, string>> = {
  error_max_turns: 'It used up its turns; allow more with `args: [--max-turns, …]`',
  error_max_budget_usd: 'It used up its budget; allow more with `args: [--max-budget-usd, …]`',
};

/**
 * Claude Code: `claude -p --output-format stream-json --verbose --include-partial-messages`, one event a line, the last one of
 * type `result`.
 *
 * Documented in "Run Claude Code programmatically" (code.claude.com/docs/en/headless), "CLI reference"
 * (code.claude.com/docs/en/cli-reference) and the message types of the Agent SDK (code.claude.com/docs/en/agent-sdk/typescript;
 * `types.py` and `message_parser.py` of github.com/anthropics/claude-agent-sdk-python).
 *
 * Known not to hold what it promises: `rate_limit_event` in the middle of another line (github.com/anthropics/claude-code
 * issue 49640); a failed request as `subtype: "success"` with exit code 0, where only `is_error` reports (79500), or only
 * `error` of the message before it (15685); an empty `result` although there was an answer (38673).
 */
export const claudeFormat: ToolFormat = {
  types: new Set([
    'system',
    'assistant',
    'user',
    'result',
    'stream_event',
    'rate_limit_event',
    'tool_progress',
    'control_response',
    'conversation_reset',
  ]),
  hasEnd: true,
  reportsUsage: true,
  reader() {
    /** Parts of the current message that were emitted already. */
    let emitted = '';
    /** Input tokens of the current message. */
    let begun: Tokens = {};
    /** Failure that its last message states. */
    let broken: { kind: ErrorKind | null; message: string } | null = null;
    return (event: JsonEvent): ToolEvent[] => {
      const parsed = claudeEventSchema.safeParse(event);
      if (!parsed.success) return [{ type: 'beat' }];
      const { data } = parsed;
      const events: ToolEvent[] = data.session_id ? [{ type: 'session', id: data.session_id }] : [];
      const isOwn = !data.parent_tool_use_id;
      switch (data.type) {
        case 'stream_event': {
          const { type, message, usage } = data.event ?? {};
          if (type === 'message_start') begun = message?.usage ?? {};
          if (type === 'message_start' && isOwn) emitted = '';
          // What a message cost is known when it ends; of an attempt that is cut off, this is all that is known.
          if (type === 'message_delta' && usage) {
            const tokens = tokensOf({ ...begun, output_tokens: usage.output_tokens });
            return [...events, { type: 'usage', usage: tokens, add: true }, { type: 'beat', isWorking: true }];
          }
          const text = isOwn && data.event?.delta?.type === 'text_delta' ? (data.event.delta.text ?? '') : '';
          if (text === '') return [...events, type === 'ping' ? { type: 'beat' } : { type: 'beat', isWorking: true }];
          emitted += text;
          return [...events, { type: 'text', text }];
        }
        case 'assistant': {
          if (!isOwn) return [...events, { type: 'work' }];
          const text = textOf(data);
          broken = data.error === undefined ? null : { kind: ERRORS[data.error] ?? null, message: text };
          if (broken) return events;
          const spoken: ToolEvent[] =
            text === '' || text === emitted ? [] : [{ type: 'text', text: notEmitted(text, emitted) }];
          emitted = '';
          return [...events, ...spoken, ...toolsOf(data)];
        }
        case 'user':
          return [...events, { type: 'work' }];
        case 'rate_limit_event': {
          const { status, resetsAt } = data.rate_limit_info ?? {};
          const hit = status === 'rejected' && resetsAt !== undefined;
          return [...events, hit ? { type: 'limit', retryAt: epochMs(resetsAt) } : { type: 'beat' }];
        }
        case 'result':
          return [...events, ...resultOf(data, broken)];
        case 'tool_progress':
          return [...events, { type: 'beat', isWorking: true }];
        default:
          return [...events, { type: 'beat' }];
      }
    };
  },
};

function resultOf(data: ClaudeEvent, broken: { kind: ErrorKind | null; message: string } | null): ToolEvent[] {
  const used = usedOf(data);
  const { subtype = '', is_error, result = '', errors = [], api_error_status: status } = data;
  const isError = is_error === true || subtype.startsWith('error') || broken !== null;
  if (!isError) {
    const { structured_output: value } = data;
    const structured: ToolEvent[] = value === undefined || value === null ? [] : [{ type: 'data', value }];
    const answer: ToolEvent[] = result === '' ? [] : [{ type: 'answer', text: result }];
    return [...used, ...answer, ...structured, { type: 'done' }];
  }
  const limit = LIMITS[subtype];
  if (limit !== undefined) {
    return [...used, { type: 'failure', failure: { kind: 'output_limit', message: limit }, isFinal: true }];
  }
  const message = [...errors, result].filter((one) => one !== '').join('\n') || broken?.message || subtype;
  const failure = failureOf(message, { kind: broken?.kind ?? null, status: status ?? null });
  return [...used, { type: 'failure', failure, isFinal: true }];
}

/** The rest of a message that was not emitted piece by piece. */
function notEmitted(text: string, emitted: string): string {
  return emitted !== '' && text.startsWith(emitted) ? text.slice(emitted.length) : text;
}

function textOf({ message }: ClaudeEvent): string {
  const { content = [] } = message ?? {};
  if (typeof content === 'string') return content;
  return content.map(({ type, text }) => (type === 'text' ? (text ?? '') : '')).join('');
}

function toolsOf({ message }: ClaudeEvent): ToolEvent[] {
  const { content = [] } = message ?? {};
  const blocks = typeof content === 'string' ? [] : content;
  const used = blocks.filter(({ type }) => type === 'tool_use' || type === 'server_tool_use');
  return used.map(({ name }) => ({ type: 'work', ...(name === undefined ? {} : { message: name }) }));
}

/** Reported tokens and cost. Without tokens, those that its messages reported stay. */
function usedOf(data: ClaudeEvent): ToolEvent[] {
  const usage = usageOf(data);
  if (usage.totalTokens !== undefined) return [{ type: 'usage', usage }];
  return usage.costUsd === undefined ? [] : [{ type: 'usage', usage, add: true }];
}

/** By model where it says so, which counts subagents too. */
function usageOf({ usage, modelUsage, total_cost_usd: costUsd }: ClaudeEvent): Usage {
  const models = Object.values(modelUsage ?? {}).map((one) => ({
    input_tokens: one.inputTokens,
    cache_creation_input_tokens: one.cacheCreationInputTokens,
    cache_read_input_tokens: one.cacheReadInputTokens,
    output_tokens: one.outputTokens,
  }));
  const counted = (models.length > 0 ? models : usage ? [usage] : []).map(tokensOf);
  const cost = costUsd === undefined ? {} : { costUsd };
  if (counted.length === 0) return cost;
  const sum = (pick: (one: (typeof counted)[number]) => number) => counted.reduce((all, one) => all + pick(one), 0);
  return {
    inputTokens: sum((one) => one.inputTokens),
    outputTokens: sum((one) => one.outputTokens),
    totalTokens: sum((one) => one.totalTokens),
    ...cost,
  };
}

function tokensOf(tokens: Tokens): { inputTokens: number; outputTokens: number; totalTokens: number } {
  const cached = (tokens.cache_creation_input_tokens ?? 0) + (tokens.cache_read_input_tokens ?? 0);
  const inputTokens = (tokens.input_tokens ?? 0) + cached;
  const outputTokens = tokens.output_tokens ?? 0;
  return { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens };
}

function epochMs(instant: number): number {
  return instant < 100_000_000_000 ? instant * 1000 : instant;
}
