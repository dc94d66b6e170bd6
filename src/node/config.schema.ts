import * as z from 'zod';
import { strictObject } from '../errors/strict-object.ts';
import { agentSpecSchema, pricesSchema, runSettingsShape } from '../plan/plan.schema.ts';
import { count, durationMs, policyInputSchema, positiveCount } from '../policy/policy.schema.ts';

const agentId = z.string().min(1);
const limits = z.record(agentId, positiveCount);

/** A configuration file. Agents that are functions or objects with `run` are taken out before it looks. */
export const configSchema = strictObject({
  $schema: z.string().optional().describe('For editors; ignored.'),
  ...runSettingsShape,
  agents: z.record(agentId, agentSpecSchema).optional().describe('The agents there are, by id.'),
  defaults: strictObject({ agent: agentId.optional(), policy: policyInputSchema.optional() })
    .optional()
    .describe('What tasks use that say nothing themselves.'),
  phases: strictObject({ agent: z.union([agentId, z.literal(false)]).optional() })
    .optional()
    .describe('Who thinks in the phases of `ask` and `plan`.'),
  fallback: agentId.optional().describe("Agent that takes over when a task's own is exhausted or blocked."),
  limits: strictObject({ perAgent: limits.optional(), perProvider: limits.optional() })
    .optional()
    .describe('Most attempts in flight by agent and by provider.'),
  killGraceMs: durationMs.optional().describe('Time to end after a polite signal, milliseconds. Default 5000.'),
  maxCoolingMs: durationMs.optional().describe('Longest cooling of a task, milliseconds. Default 120000.'),
  maxRateLimits: count.optional().describe('Rate limits a task survives. Default 3.'),
  maxOpenWaitMs: durationMs.optional().describe('Longest wait for an open breaker, milliseconds. Default 120000.'),
  prices: pricesSchema
    .optional()
    .describe('What models cost, by agent id or by name of the model; there is no price built in.'),
  onOpen: z.enum(['fail', 'wait']).optional().describe('What a refused task without a fallback does.'),
});
