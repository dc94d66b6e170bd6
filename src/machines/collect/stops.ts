import { nowOf, tell } from '../../actors/scope.ts';
import type { TaskError } from '../../types.ts';
import type { WaveEvent } from '../wave/events.ts';
import { unstartedReport } from '../wave/logic.ts';
import { timeUp } from './limit.ts';
import { endsRun } from './logic.ts';
import type { StopCause } from './run.ts';
import { enter, type StepArgs, tellWaves } from './steps.ts';

const STOPS = {
  told: { unadmitted: 'cancelled', admitted: 'cancel' },
  time: { unadmitted: 'cancelled', admitted: 'cancel' },
  failure: { unadmitted: 'skipped', admitted: 'both' },
  budget: { unadmitted: 'skipped', admitted: 'skip' },
} as const;

/** Stops admitting, withdraws what waits and tells every task; waves that never started settle here. */
export function stopAll(args: StepArgs, cause: StopCause): void {
  const { run } = args.context;
  const reason = reasonOf(args, cause);
  run.stop = { ...reason, cause };
  // What had ended the run before it was resumed has settled, also when a spent budget is heard of first.
  if (run.ending) enter(args, [run.ending]);
  // An answer that is on its way costs nothing more, however many wait for it.
  const except = cause === 'budget' ? run.twins?.waiting : undefined;
  // A budget that is spent by the last start needed stops nothing.
  const isMoot = cause === 'budget' && run.book.settled + run.inFlight.now + (except?.size ?? 0) >= run.book.total;
  if (!isMoot) run.publish({ type: 'run.stopping', kind: reason.kind, reason: reason.message }, nowOf(args.self));
  if (cause !== 'budget') tell(args, run.services.gate, { type: 'run.withdraw', runId: run.runId });
  tellWaves(args, {
    type: 'children.tell',
    event: { type: 'wave.stop', ...reason, ...STOPS[cause], ...(except ? { except } : {}) } as WaveEvent,
  });
  const unstarted = run.plan.waves.slice(run.nextWave).flatMap((wave) => run.book.unsettled(wave));
  run.nextWave = run.plan.waves.length;
  const now = nowOf(args.self);
  enter(
    args,
    unstarted.map((task) => unstartedReport(task, STOPS[cause].unadmitted, { ...reason }, now)),
  );
}

function reasonOf(
  { context: { run }, event }: StepArgs,
  cause: StopCause,
): { kind: TaskError['kind']; message: string } {
  if (event.type === 'run.cancel') return { kind: event.kind, message: event.message };
  if (cause === 'time') return { kind: 'timeout', message: timeUp(run.limit) };
  if (cause === 'budget') {
    const what = event.type === 'budget.spent' ? event.what : 'time';
    return { kind: 'budget', message: `The run's budget of ${what} is spent.` };
  }
  const ending = run.book.reports().find((report) => endsRun(run.plan, report, run.settings))?.outcome;
  if (!ending) return { kind: 'dependency', message: 'A task failed that the run depends on.' };
  const { taskId, status, error } = ending;
  // A skipped task names the root cause already.
  const message = status === 'failed' ? `Task \`${taskId}\` failed: ${error?.message ?? ''}` : error?.message;
  return { kind: 'dependency', message: message ?? `Task \`${taskId}\` was skipped.` };
}
