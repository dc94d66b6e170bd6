import * as z from 'zod/v4/mini';

/** An object that refuses other keys, and remembers which it knows for the message (read by `toIssues`). */
// @__NO_SIDE_EFFECTS__
export function strictObject<S extends z.core.$ZodLooseShape>(shape: S): z.ZodMiniObject<S, z.core.$strict> {
  const message = JSON.stringify({ known: Object.keys(shape) });
  return z.strictObject(shape, { error: (issue) => (issue.code === 'unrecognized_keys' ? message : undefined) });
}
