import type { Usage } from '../../../types/usage.ts';
import { type CursorEvent, cursorEventSchema } from './cursor-agent.schema.ts';
import { failureOf } from './failure.ts';
import type { JsonEvent } from './json-lines.ts';
import type { ToolEvent, ToolFormat } from './tool-event.ts';

/**
 * Cursor agent: `cursor-agent -p --output-format stream-json`, one event a line: one `assistant` event for each whole message,
 * at last `result`.
 *
 * Documented in "Output format" (cursor.com/docs/cli/reference/output-format) and "Parameters"
 * (cursor.com/docs/cli/reference/parameters). `result` is all messages without anything between them, so the answer is the last
 * message, as in its text format. On a failure the stream may end early, and the reason is on stderr. `usage` of `result` is not
 * documented; it is read where it is there.
 */
export const cursorFormat: ToolFormat = {
  types: new Set(['system', 'user', 'assistant', 'thinking', 'tool_call', 'result', 'interaction_query']),
  hasEnd: true,
  reader: () => read,
};

function read(event: JsonEvent): ToolEvent[] {
  const parsed = cursorEventSchema.safeParse(event);
  if (!parsed.success) return [{ type: 'beat' }];
  const { data } = parsed;
  const events: ToolEvent[] = data.session_id ? [{ type: 'session', id: data.session_id }] : [];
  switch (data.type) {
    case 'assistant': {
      const content = data.message?.content ?? [];
      const text = content.map((one) => one.text ?? '').join('');
      return [...events, text === '' ? { type: 'beat' } : { type: 'text', text }];
    }
    case 'tool_call': {
      const tool = Object.keys(data.tool_call ?? {}).find((key) => key.endsWith('ToolCall') || key === 'function');
      return [...events, { type: 'work', ...(tool ? { message: tool.replace(/ToolCall$/, '') } : {}) }];
    }
    case 'result':
      return [...events, ...ended(data)];
    case 'thinking':
      return [...events, { type: 'beat', isWorking: true }];
    default:
      return [...events, { type: 'beat' }];
  }
}

function ended(data: CursorEvent): ToolEvent[] {
  const usage = usageOf(data);
  const counted: ToolEvent[] = usage ? [{ type: 'usage', usage }] : [];
  const { is_error: isError, subtype = 'success', result = '' } = data;
  if (isError === true || subtype.startsWith('error')) {
    return [...counted, { type: 'failure', failure: failureOf(result || subtype), isFinal: true }];
  }
  return [...counted, { type: 'answer', text: result, isSpare: true }, { type: 'done' }];
}

function usageOf({ usage }: CursorEvent): Usage | null {
  if (!usage) return null;
  const inputTokens = (usage.inputTokens ?? 0) + (usage.cacheReadTokens ?? 0) + (usage.cacheWriteTokens ?? 0);
  const outputTokens = usage.outputTokens ?? 0;
  return { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens };
}
