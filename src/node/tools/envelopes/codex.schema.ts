import * as z from 'zod/v4/mini';
import { soft, softCount, softText } from './soft.schema.ts';

/** Event of `codex exec --json`. */
export const codexEventSchema = z.object({
  type: softText,
  thread_id: softText,
  item: soft(
    z.object({
      type: softText,
      /** Former name of `type`. */
      item_type: softText,
      text: softText,
      message: softText,
    }),
  ),
  usage: soft(z.object({ input_tokens: softCount, cached_input_tokens: softCount, output_tokens: softCount })),
  message: softText,
  error: soft(z.object({ message: softText })),
});
