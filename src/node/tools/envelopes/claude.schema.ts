import * as z from 'zod/v4/mini';
import { soft, softCount, softNumber, softText } from './soft.schema.ts';

const blockSchema = z.object({ type: softText, text: softText, name: softText });

const messageSchema = z.object({ model: softText, content: soft(z.union([z.string(), z.array(blockSchema)])) });

const tokensSchema = z.object({
  input_tokens: softCount,
  cache_creation_input_tokens: softCount,
  cache_read_input_tokens: softCount,
  output_tokens: softCount,
});

const modelTokensSchema = z.object({
  inputTokens: softCount,
  cacheCreationInputTokens: softCount,
  cacheReadInputTokens: softCount,
  outputTokens: softCount,
});

/** Event of `claude -p --output-format stream-json`. */
export const claudeEventSchema = z.object({
  type: softText,
  subtype: softText,
  session_id: softText,
  /** Set on what a subagent says. */
  parent_tool_use_id: softText,
  message: soft(messageSchema),
  /** `stream_event`: the raw event of the API. */
  event: soft(
    z.object({
      type: softText,
      delta: soft(z.object({ type: softText, text: softText })),
      message: soft(z.object({ usage: soft(tokensSchema) })),
      usage: soft(tokensSchema),
    }),
  ),
  /** `assistant`: the message is an error in the clothes of an answer. */
  error: softText,
  rate_limit_info: soft(z.object({ status: softText, resetsAt: softNumber })),
  is_error: soft(z.boolean()),
  api_error_status: softNumber,
  result: softText,
  errors: soft(z.array(z.string())),
  total_cost_usd: softCount,
  usage: soft(tokensSchema),
  /** Of `--json-schema`. */
  structured_output: z.optional(z.unknown()),
  modelUsage: soft(z.record(z.string(), modelTokensSchema)),
});

export type ClaudeEvent = z.infer<typeof claudeEventSchema>;
