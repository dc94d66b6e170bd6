import * as z from 'zod/v4/mini';
import { soft, softCount, softText } from './soft.schema.ts';

const errorSchema = z.object({ type: softText, message: softText, code: soft(z.union([z.string(), z.number()])) });

const modelSchema = z.object({
  tokens: soft(z.object({ prompt: softCount, candidates: softCount, total: softCount })),
});

/** Event of `gemini --output-format stream-json`, or the one object of `--output-format json`. */
export const geminiEventSchema = z.object({
  type: softText,
  session_id: softText,
  role: softText,
  content: softText,
  tool_name: softText,
  severity: softText,
  message: softText,
  status: softText,
  error: soft(errorSchema),
  /** Of `json` alone. */
  response: softText,
  stats: soft(
    z.object({
      input_tokens: softCount,
      output_tokens: softCount,
      total_tokens: softCount,
      /** As `json` counts. */
      models: soft(z.record(z.string(), modelSchema)),
    }),
  ),
});

export type GeminiEvent = z.infer<typeof geminiEventSchema>;
