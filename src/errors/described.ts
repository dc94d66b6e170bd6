import * as z from 'zod/v4/mini';

/** The schema, described for the JSON Schema: a copy, so that one schema can be described differently in several places. */
// @__NO_SIDE_EFFECTS__
export function described<T extends z.ZodMiniType>(schema: T, description: string): T {
  const copy = z.clone(schema);
  z.globalRegistry.add(copy, { description });
  return copy;
}
