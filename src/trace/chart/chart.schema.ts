import * as z from 'zod/v4/mini';
import { described } from '../../errors/described.ts';

const transitionSchema = z.object({
  key: described(z.string(), '`source|event|index|guard`, unique in its machine; what `actor.moved` tells.'),
  event: described(z.string(), 'Empty for `always`.'),
  targets: described(z.array(z.string()), 'Ids of states; empty when the state stays.'),
  guard: z.optional(z.string()),
  actions: z.optional(z.array(z.string())),
  reenter: z.optional(z.literal(true)),
});

export type ChartTransitionDefinition = z.infer<typeof transitionSchema>;

export interface ChartDefinition {
  /** Path from the machine's id, e.g. `task.fallback.running`. */
  id: string;
  key: string;
  type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history';
  /** Id of the child it begins in. */
  initial?: string;
  tags?: string[];
  entry?: string[];
  exit?: string[];
  invokes?: { id: string; src: string }[];
  transitions?: ChartTransitionDefinition[];
  states?: ChartDefinition[];
}

/** A machine's states and transitions, as the trace defines them once. */
export const chartSchema: z.ZodMiniType<ChartDefinition> = z.object({
  id: z.string(),
  key: z.string(),
  type: z.enum(['atomic', 'compound', 'parallel', 'final', 'history']),
  initial: z.optional(z.string()),
  tags: z.optional(z.array(z.string())),
  entry: z.optional(z.array(z.string())),
  exit: z.optional(z.array(z.string())),
  invokes: z.optional(z.array(z.object({ id: z.string(), src: z.string() }))),
  transitions: z.optional(z.array(transitionSchema)),
  get states() {
    return z.optional(z.array(chartSchema));
  },
});
