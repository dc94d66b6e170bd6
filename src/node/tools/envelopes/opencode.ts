import { parseRetryAfterMs } from '../../../errors/retry-after.ts';
import type { ErrorKind } from '../../../types/error-kind.ts';
import type { Usage } from '../../../types/usage.ts';
import { failureOf } from './failure.ts';
import type { JsonEvent } from './json-lines.ts';
import { type OpencodeEvent, opencodeEventSchema } from './opencode.schema.ts';
import type { Failure, ToolEvent, ToolFormat } from './tool-event.ts';

const ERRORS: Readonly<Record<string, ErrorKind>> = {
  ProviderAuthError: 'auth',
  ProviderModelNotFoundError: 'invalid_model',
  MessageOutputLengthError: 'output_limit',
  ContextOverflowError: 'invalid_request',
  ContentFilterError: 'invalid_request',
  StructuredOutputError: 'inference',
  MessageAbortedError: 'exit',
};

/**
 * opencode: `opencode run --format json` with its prompt on stdin, one event a line.
 *
 * Documented in "CLI" (opencode.ai/docs/cli) and by packages/opencode/src/cli/cmd/run.ts and the error types of the SDK
 * (packages/sdk) in github.com/anomalyco/opencode. Recent versions end with `done`; before, the last `step_finish` has another
 * reason than `tool-calls`. Tokens and cost stand in every `step_finish` and are added up. An `error` event is a failure, whatever
 * the exit code: older versions exit with 0 after it.
 */
export const opencodeFormat: ToolFormat = {
  types: new Set(['step_start', 'step_finish', 'text', 'reasoning', 'tool_use', 'error', 'done']),
  hasEnd: false,
  reportsUsage: true,
  reader() {
    let hasFailed = false;
    return (event) => {
      const events = read(event);
      hasFailed ||= events.some(({ type }) => type === 'failure');
      // Idle after an error, it says `done` all the same.
      return hasFailed ? events.filter(({ type }) => type !== 'done') : events;
    };
  },
};

function read(event: JsonEvent): ToolEvent[] {
  const parsed = opencodeEventSchema.safeParse(event);
  if (!parsed.success) return [{ type: 'beat' }];
  const { data } = parsed;
  const { part } = data;
  const events: ToolEvent[] = data.sessionID ? [{ type: 'session', id: data.sessionID }] : [];
  switch (data.type) {
    case 'text':
      return [...events, part?.text ? { type: 'text', text: part.text } : { type: 'beat' }];
    case 'reasoning':
      return [...events, { type: 'beat', isWorking: true }];
    case 'tool_use':
      return [...events, { type: 'work', ...(part?.tool === undefined ? {} : { message: part.tool }) }];
    case 'step_finish': {
      const usage = usageOf(data);
      if (usage) events.push({ type: 'usage', usage, add: true });
      return [...events, part?.reason && part.reason !== 'tool-calls' ? { type: 'done' } : { type: 'beat' }];
    }
    case 'done':
      return [...events, { type: 'done' }];
    case 'error':
      return [...events, { type: 'failure', failure: failed(data), isFinal: true }];
    default:
      return [...events, { type: 'beat' }];
  }
}

function failed({ error }: OpencodeEvent): Failure {
  const { name = '', data, message } = error ?? {};
  const failure = failureOf(data?.message ?? message ?? name, {
    kind: ERRORS[name] ?? null,
    status: data?.statusCode ?? null,
  });
  if (failure.kind !== 'rate_limited') return failure;
  const retryAfterMs = retryAfter(data?.responseHeaders);
  return retryAfterMs === null ? failure : { ...failure, retryAfterMs };
}

/** From `retry-after` (seconds) or `retry-after-ms`; a date is left to the message. */
function retryAfter(headers: Readonly<Record<string, string>> = {}): number | null {
  const lines = Object.entries(headers).filter(
    ([name, value]) => /^retry-after(-ms)?$/i.test(name) && /^[\d.]+$/.test(value),
  );
  return parseRetryAfterMs(lines.map(([name, value]) => `${name}: ${value}`).join('\n'), 0);
}

function usageOf({ part }: OpencodeEvent): Usage | null {
  const { tokens, cost } = part ?? {};
  if (!tokens && cost === undefined) return null;
  const costUsd = cost === undefined ? {} : { costUsd: cost };
  if (!tokens) return costUsd;
  const inputTokens = (tokens.input ?? 0) + (tokens.cache?.read ?? 0) + (tokens.cache?.write ?? 0);
  const outputTokens = (tokens.output ?? 0) + (tokens.reasoning ?? 0);
  return { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens, ...costUsd };
}
