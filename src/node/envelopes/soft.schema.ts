import * as z from 'zod';

/** A field that may be absent, null, or of another type than documented: then it is as if it were not there. */
export function soft<T extends z.ZodType>(schema: T) {
  return schema.optional().catch(undefined);
}

export const softText = soft(z.string());
export const softNumber = soft(z.number());
export const softCount = soft(z.number().nonnegative());
