import * as z from 'zod/v4/mini';
import { soft, softCount, softText } from './soft.schema.ts';

/** Event of `cursor-agent -p --output-format stream-json`. */
export const cursorEventSchema = z.object({
  type: softText,
  subtype: softText,
  session_id: softText,
  message: soft(z.object({ content: soft(z.array(z.object({ type: softText, text: softText }))) })),
  /** A key that names the tool: `readToolCall`, `shellToolCall`, `function`, … */
  tool_call: soft(z.record(z.string(), z.unknown())),
  is_error: soft(z.boolean()),
  result: softText,
  usage: soft(
    z.object({
      inputTokens: softCount,
      outputTokens: softCount,
      cacheReadTokens: softCount,
      cacheWriteTokens: softCount,
    }),
  ),
});

export type CursorEvent = z.infer<typeof cursorEventSchema>;
