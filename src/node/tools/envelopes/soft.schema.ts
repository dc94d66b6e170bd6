import * as z from 'zod/v4/mini';

/** A field that may be absent, null, or of another type than documented: then it is as if it were not there. */
export function soft<T extends z.ZodMiniType>(schema: T) {
  return z.catch(z.optional(schema), undefined);
}

export const softText = soft(z.string());
export const softNumber = soft(z.number());
export const softCount = soft(z.number().check(z.nonnegative()));
