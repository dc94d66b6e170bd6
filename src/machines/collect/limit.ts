import type { AnyActorRef } from 'xstate';
import { type Addressee, nowOf, tell } from '../../actors/scope.ts';
import type { SleepMoved } from '../../actors/sleep-until.ts';
import type { CollectInput, CollectSettings } from './events.ts';
import type { CollectRun } from './run.ts';
import type { StepArgs } from './steps.ts';

/** The limit of a run's time. One object changed in place: a derived limit moves while the run waits for a provider. */
export interface RunLimit {
  timeoutMs: number;
  /** Epoch milliseconds. */
  deadlineAt: number;
  /** It follows from the plan; nobody has set it. */
  readonly isDerived: boolean;
  /** Until then the time of a derived limit stands still, epoch milliseconds; null: it has never stood. */
  heldUntil: number | null;
  /** Longest cooling that a task of the run may wait for, milliseconds; null until it is needed. */
  maxCoolingMs: number | null;
}

export function openLimit(
  { resumed, within }: Pick<CollectInput, 'resumed' | 'within'>,
  settings: Pick<CollectSettings, 'timeoutMs'>,
  timeoutMs: number,
  now: number,
): RunLimit {
  const isSet = settings.timeoutMs !== null || resumed?.isLimitSet === true || (within?.deadlineAt ?? null) !== null;
  return {
    timeoutMs,
    deadlineAt: resumed?.deadlineAt ?? within?.deadlineAt ?? now + timeoutMs,
    isDerived: !isSet,
    heldUntil: resumed?.heldUntil ?? null,
    maxCoolingMs: null,
  };
}

/**
 * How far a derived deadline moves when a provider asks to be left alone until `until`. Waits that overlap count once, and none for longer
 * than a task may wait.
 */
export function heldMs(heldUntil: number | null, until: number, maxCoolingMs: number, now: number): number {
  return Math.max(0, Math.min(until, now + maxCoolingMs) - Math.max(now, heldUntil ?? now));
}

function maxCoolingMsOf({ limit, plan, policyOf }: CollectRun): number {
  limit.maxCoolingMs ??= plan.tasks.reduce((most, task) => Math.max(most, policyOf(task).cooling.maxCoolingMs), 0);
  return limit.maxCoolingMs;
}

/** A provider asked to be left alone: that time is not counted. */
export function holdLimit(args: StepArgs): void {
  const { event, context } = args;
  const { run } = context;
  const { limit } = run;
  if (event.type !== 'provider.cooling' || !limit.isDerived) return;
  const now = nowOf(args.self);
  const ms = heldMs(limit.heldUntil, event.until, maxCoolingMsOf(run), now);
  if (ms === 0) return;
  limit.heldUntil = Math.max(now, limit.heldUntil ?? now) + ms;
  moveLimit(args, ms);
  const { deadline } = (args.self as AnyActorRef).getSnapshot().children;
  if (deadline) tell(args, deadline as Addressee<SleepMoved>, { type: 'sleep.moved', at: limit.deadlineAt });
}

/** This process did not run for a while: its sleeper has moved the derived deadline by that time. */
export function grantTime(args: StepArgs): void {
  if (args.event.type === 'time.granted') moveLimit(args, args.event.ms);
}

function moveLimit(args: StepArgs, ms: number): void {
  const { limit, input } = args.context.run;
  limit.deadlineAt += ms;
  const { deadlineAt, heldUntil } = limit;
  input.log?.append({ type: 'limit.moved', at: nowOf(args.self), deadlineAt, heldUntil });
}

/** Why the run ends when its time is up, and how to give it more. */
export function timeUp({ timeoutMs, isDerived }: Pick<RunLimit, 'timeoutMs' | 'isDerived'>): string {
  const message = `The run did not finish within ${timeoutMs} ms`;
  if (!isDerived) return `${message}.`;
  return `${message}, a limit derived from its plan and policy (waiting for rate limits not counted). To allow more, set \`timeoutMs\` of the plan or the run (\`--timeout 2h\`).`;
}
