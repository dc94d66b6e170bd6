import type { ErrorKind } from '../../../types/error-kind.ts';
import { codexEventSchema } from './codex.schema.ts';
import { failureOf } from './failure.ts';
import type { JsonEvent } from './json-lines.ts';
import type { Failure, ToolEvent, ToolFormat } from './tool-event.ts';

/** Messages of codex that no other tool has; the words are those of its own error type. */
const MESSAGES: readonly (readonly [RegExp, ErrorKind])[] = [
  [/\bout of credits\b|\bspend cap\b|\bbilling details\b|\bupgrade to plus: /i, 'forbidden'],
  [/\bhit your usage limit\b/i, 'rate_limited'],
  [/\bout of room in the model's context window\b/i, 'invalid_request'],
  [/\bmodel is at capacity\b|\bexperiencing high demand\b/i, 'transient'],
  [/\bstream disconnected before completion\b|^connection failed: /i, 'connection'],
];

/**
 * OpenAI Codex: `codex exec --json`, one event a line; a turn ends with `turn.completed` or `turn.failed`.
 *
 * Documented in "Non-interactive mode" (developers.openai.com/codex/noninteractive) and by its types: `exec_events.rs`,
 * `event_processor_with_jsonl_output.rs`, `cli.rs` in codex-rs/exec and `error.rs` in codex-rs/protocol of
 * github.com/openai/codex.
 *
 * An `error` event alone is not an end: codex also says by it that it connects again. The tokens of `turn.completed` are those of
 * the whole thread, with its earlier turns, also those of another process (`usage_from_last_total`; issue 17539).
 */
export const codexFormat: ToolFormat = {
  types: new Set([
    'thread.started',
    'turn.started',
    'turn.completed',
    'turn.failed',
    'item.started',
    'item.updated',
    'item.completed',
    'error',
  ]),
  hasEnd: true,
  reportsUsage: true,
  countsSession: true,
  words: [[/--skip-git-repo-check was not specified/, 'forbidden']],
  reader: () => read,
};

function read(event: JsonEvent): ToolEvent[] {
  const parsed = codexEventSchema.safeParse(event);
  if (!parsed.success) return [{ type: 'beat' }];
  const { type, thread_id: id, item, usage, error, message } = parsed.data;
  switch (type) {
    case 'thread.started':
      return id ? [{ type: 'session', id }] : [];
    case 'item.started':
    case 'item.updated':
    case 'item.completed':
      return item ? itemOf(type, item) : [{ type: 'beat', isWorking: true }];
    case 'turn.completed': {
      const inputTokens = usage?.input_tokens ?? 0;
      const outputTokens = usage?.output_tokens ?? 0;
      const cached = usage?.cached_input_tokens;
      const totals = {
        inputTokens,
        ...(cached === undefined ? {} : { cachedInputTokens: cached }),
        outputTokens,
        totalTokens: inputTokens + outputTokens,
      };
      return [...(usage ? [{ type: 'usage', usage: totals } as const] : []), { type: 'done' }];
    }
    case 'turn.failed':
      return [{ type: 'failure', failure: failed(error?.message ?? ''), isFinal: true }];
    case 'error':
      return [{ type: 'failure', failure: failed(message ?? error?.message ?? ''), isFinal: false }];
    default:
      return [{ type: 'beat' }];
  }
}

function itemOf(event: string, item: { type?: string; item_type?: string; text?: string }): ToolEvent[] {
  const kind = item.type ?? item.item_type;
  const isMessage = kind === 'agent_message' || kind === 'assistant_message';
  if (isMessage) {
    if (event !== 'item.completed' || item.text === undefined) return [{ type: 'beat', isWorking: true }];
    // Each message stands for itself, and the last one is the answer.
    return [{ type: 'work' }, { type: 'text', text: item.text }, { type: 'answer', text: item.text }];
  }
  // `reasoning` is thought, `error` a warning: neither is work done.
  if (kind === undefined || kind === 'reasoning' || kind === 'error') return [{ type: 'beat', isWorking: true }];
  return [{ type: 'work', message: kind }];
}

function failed(message: string): Failure {
  const kind = MESSAGES.find(([pattern]) => pattern.test(message))?.[1] ?? null;
  return failureOf(message, { kind });
}
