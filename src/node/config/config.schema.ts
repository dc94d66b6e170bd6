import * as z from 'zod/v4/mini';
import { described } from '../../errors/described.ts';
import { strictObject } from '../../errors/strict-object.ts';
import { agentSpecSchema, pricesSchema, runSettingsShape } from '../../plan/plan.schema.ts';
import { count, durationMs, policyInputSchema, positiveCount } from '../../policy/policy.schema.ts';

const agentId = z.string().check(z.minLength(1));
const limits = z.record(agentId, positiveCount);
const command = z.array(z.string()).check(z.minLength(1));

/** A configuration file. Agents that are functions or objects with `run` are taken out before it looks. */
export const configSchema = strictObject({
  $schema: described(z.optional(z.string()), 'For editors; ignored.'),
  ...runSettingsShape,
  agents: described(z.optional(z.record(agentId, agentSpecSchema)), 'The agents there are, by id.'),
  defaults: described(
    z.optional(strictObject({ agent: z.optional(agentId), policy: z.optional(policyInputSchema) })),
    'Agent and policy of tasks that state none.',
  ),
  phases: described(
    z.optional(strictObject({ agent: z.optional(z.union([agentId, z.literal(false)])) })),
    'Agent of the phases of `ask` and `plan`; `false`: words alone.',
  ),
  fallback: described(z.optional(agentId), "Agent that takes over when a task's own is exhausted or blocked."),
  limits: described(
    z.optional(strictObject({ perAgent: z.optional(limits), perProvider: z.optional(limits) })),
    'Most attempts in flight by agent and by provider.',
  ),
  killGraceMs: described(z.optional(durationMs), 'Time to end after a polite signal, milliseconds. Default 5000.'),
  maxCoolingMs: described(z.optional(durationMs), 'Longest cooling of a task, milliseconds. Default 120000.'),
  maxRateLimits: described(z.optional(count), 'Rate limits a task survives. Default 3.'),
  maxOpenWaitMs: described(
    z.optional(durationMs),
    'Longest wait for an open breaker, milliseconds; set, tasks wait unless `onOpen` says otherwise. Default 120000.',
  ),
  prices: described(
    z.optional(pricesSchema),
    'Prices of models, by agent id or by name of the model; none is built in.',
  ),
  onSettled: described(
    z.optional(command),
    'Command that runs when a run has ended, with its result as JSON on stdin.',
  ),
  onWaiting: described(
    z.optional(command),
    'Command that runs when a run waits for a person, with the event as JSON on stdin.',
  ),
  onOpen: described(z.optional(z.enum(['fail', 'wait'])), 'Behaviour of a refused task without a fallback.'),
});
