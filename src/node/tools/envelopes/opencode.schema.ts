import * as z from 'zod/v4/mini';
import { soft, softCount, softNumber, softText } from './soft.schema.ts';

const tokensSchema = z.object({
  input: softCount,
  output: softCount,
  reasoning: softCount,
  cache: soft(z.object({ read: softCount, write: softCount })),
});

/** Event of `opencode run --format json`. */
export const opencodeEventSchema = z.object({
  type: softText,
  sessionID: softText,
  part: soft(
    z.object({ text: softText, tool: softText, reason: softText, tokens: soft(tokensSchema), cost: softCount }),
  ),
  error: soft(
    z.object({
      name: softText,
      message: softText,
      data: soft(
        z.object({
          message: softText,
          statusCode: softNumber,
          isRetryable: soft(z.boolean()),
          responseHeaders: soft(z.record(z.string(), z.string())),
        }),
      ),
    }),
  ),
});

export type OpencodeEvent = z.infer<typeof opencodeEventSchema>;
