import { NO_PLAN } from '../../plan/no-plan.ts';
import type { PhaseName } from '../../run/events.ts';
import { type Addressee, nowOf, send } from '../../xstate/messaging.ts';
import type { GateNotice } from '../gate/events.ts';
import type { Decision, SoarContext, SoarEvent } from './events.ts';
import { faultOf, foundBy, runOpened, summaryOf, tooLate, withRule } from './logic.ts';

/** Arguments of an action of the soar chart. */
export type Args = { context: SoarContext; event: SoarEvent; self: unknown; system: unknown };

type OfPhase = { phase: PhaseName };

export function openRun(args: Args): void {
  const { context, self } = args;
  send(args, context.services.gate, runOpened(context, self as Addressee<GateNotice>, nowOf(self)));
}

export function closeRun(args: Args): void {
  send(args, args.context.services.gate, { type: 'run.closed', runId: args.context.runId });
}

export function announce({ context, self }: Args, { phase }: OfPhase): void {
  context.publish({ type: 'phase.started', phase }, nowOf(self));
  const fallback = context.input.settings?.fallback;
  if (phase !== 'route' || !fallback || !context.services.codeAgents?.has(fallback)) return;
  const message = `\`${fallback}\` takes over no task of this question: it runs its prompt as code.`;
  context.publish({ type: 'warning', message }, nowOf(self));
}

/** Journal and streams learn of a phase that is over, in this order. */
export function announceDone({ context, self }: Args, { phase }: OfPhase): void {
  const at = nowOf(self);
  const { assessment, input, publish } = context;
  const record = context.phases.findLast((one) => one.phase === phase);
  const output = foundBy(phase, context);
  input.log?.append({ type: 'phase.completed', phase, output, at, ...(record ? { record } : {}) });
  const found = {
    ...(assessment ? { complexity: assessment.complexity } : {}),
    ...(record ? { by: record.by } : {}),
    ...(record?.cached ? { cached: record.cached } : {}),
  };
  publish({ type: 'phase.completed', phase, summary: summaryOf(phase, context), ...found }, at);
}

export function propose({ context: { input, routing, publish }, self }: Args): void {
  const { plan, matches } = routing ?? { plan: NO_PLAN.plan, matches: [] };
  publish({ type: 'plan.proposed', plan: withRule(plan, input), matches }, nowOf(self));
}

/** Recorded before the plan runs, so the question is asked only once. */
export function recordApproval({ context: { input, publish, routing, edited }, self }: Args): void {
  const at = nowOf(self);
  input.log?.append({ type: 'plan.approved', plan: routing?.plan ?? NO_PLAN.plan, at });
  publish({ type: 'plan.approved', edited: edited !== null }, at);
  const message = edited && tooLate(edited);
  if (message) publish({ type: 'warning', message }, at);
}

export function publishFault({ context, event, self }: Args): void {
  const fault = faultOf(context, event as Extract<Decision, { type: 'plan.approve' }>);
  context.publish({ type: 'plan.faulty', message: fault?.message ?? '' }, nowOf(self));
}
