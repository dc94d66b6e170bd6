import type { RosterCommand } from '../../actors/roster.ts';
import { type Addressee, nowOf, type Sender, tell } from '../../actors/scope.ts';
import type { Task } from '../../plan/types.ts';
import type { TaskError } from '../../types.ts';
import type { TaskInput, TaskReport } from '../task/events.ts';
import type { WaveEvent, WaveInput, WaveOutput, WaveReport } from '../wave/events.ts';
import { unstartedReport } from '../wave/logic.ts';
import type { Skip } from './book.ts';
import type { CollectEvent } from './events.ts';
import { agentOf, fallbackOf, skipsOf, withHistory } from './logic.ts';
import type { CollectContext } from './machine.ts';
import type { CollectRun } from './run.ts';
import type { Answered } from './twins.ts';

/** What a step of the chart gets: the arguments of an XState action. */
export interface StepArgs extends Sender {
  context: CollectContext;
  event: CollectEvent;
}

export const tellWaves = (args: StepArgs, command: RosterCommand) =>
  tell(args, args.context.waves as Addressee<RosterCommand>, command);

/** `wave`: the first wave. `eager`: all of them, and what is ready in them as room allows. */
export function startWaves(args: StepArgs): void {
  const { run } = args.context;
  if (run.ending) {
    const { wave } = run.ending.outcome;
    tell(args, args.self as Addressee<CollectEvent>, { type: 'tasks.settled', wave, reports: [run.ending] });
    return;
  }
  if (run.settings.schedule === 'wave') {
    nextWave(args);
    return;
  }
  for (let index = 0; index < run.plan.waves.length; index += 1) startWave(args, index);
  run.nextWave = run.plan.waves.length;
  offer(
    args,
    run.plan.tasks.filter((task) => run.book.isReady(task) && !run.book.report(task)),
  );
}

/** `wave`: starts the next wave that has anything to do, once no other is at work. */
export function nextWave(args: StepArgs): void {
  const { run } = args.context;
  while (run.activeWaves.size === 0 && run.nextWave < run.plan.waves.length) {
    startWave(args, run.nextWave);
    run.nextWave += 1;
  }
}

function startWave(args: StepArgs, index: number): void {
  const { run } = args.context;
  const tasks = run.book.unsettled(run.plan.waves[index] as readonly Task[]);
  if (tasks.length === 0) return;
  const wave = index + 1;
  const isEager = run.settings.schedule === 'eager';
  const { skips, start, answered } = isEager ? NOTHING : sortOut(args, tasks);
  const input: WaveInput = {
    wave,
    tasks,
    ready: start,
    limit: isEager ? null : run.room,
    prepare: (task) => taskInput(args, task),
    parent: args.self as Addressee<WaveReport>,
  };
  run.activeWaves.add(wave);
  run.publish({ type: 'wave.started', wave, tasks: tasks.length }, nowOf(args.self));
  tellWaves(args, { type: 'child.start', id: `wave.${wave}`, input });
  if (skips.length > 0) tellWave(args, wave, { type: 'tasks.skip', skips });
  tellAnswers(args, answered);
}

interface SortedOut {
  skips: readonly Skip[];
  start: readonly Task[];
  answered: readonly Answered[];
}

const NOTHING: SortedOut = { skips: [], start: [], answered: [] };

/** What becomes of tasks whose dependencies have settled: some never run, some need not, some wait for their twins. */
function sortOut(args: StepArgs, tasks: readonly Task[]): SortedOut {
  const { run } = args.context;
  const skips = skipsOf(tasks, run.book, run.agents);
  const skipped = new Set(skips.map(({ taskId }) => taskId));
  const left = skips.length === 0 ? tasks : tasks.filter(({ id }) => !skipped.has(id));
  if (!run.twins) return { skips, start: left, answered: [] };
  const now = nowOf(args.self);
  const begun = ({ id }: Task) => (run.input.resumed?.tasks.get(id)?.attempts.length ?? 0) > 0;
  const { start, answered, held } = run.twins.sort(left, begun, now);
  for (const { task, twinOf } of held) {
    const reason = `waits for \`${twinOf}\`, which asks the same`;
    const agentId = agentOf(task, run.agents)?.id ?? task.agent;
    run.publish({ type: 'task.state', taskId: task.id, agentId, wave: task.wave, state: 'staggered', reason }, now);
  }
  return { skips, start, answered };
}

function tellAnswers(args: StepArgs, answered: readonly Answered[]): void {
  const { book, agents } = args.context.run;
  for (const [wave, own] of Map.groupBy(answered, ({ task }) => task.wave)) {
    const answers = own.map(({ task, answer }) => ({
      taskId: task.id,
      agentId: agentOf(task, agents)?.id ?? task.agent,
      ...answer,
      partialContext: book.prepare(task).partialContext,
      readyAt: book.readyAt(task),
    }));
    tellWave(args, wave, { type: 'tasks.answered', answers });
  }
}

function tellWave(args: StepArgs, wave: number, event: WaveEvent): void {
  tellWaves(args, { type: 'child.tell', id: `wave.${wave}`, event });
}

function taskInput(args: StepArgs, task: Task): TaskInput {
  const { run } = args.context;
  const { services, settings, book, publish, runId, input, agents } = run;
  const agent = agentOf(task, agents);
  if (!agent) throw new Error(`Task ${task.id} was admitted without an agent.`);
  const prepared = book.prepare(task);
  const { warning } = prepared;
  if (warning) publish({ type: 'warning', message: warning, taskId: task.id }, nowOf(args.self));
  return {
    task,
    runId,
    agent,
    fallback: fallbackOf(task, settings, agents),
    policy: run.policyOf(task),
    prepared,
    readyAt: book.readyAt(task),
    services,
    publish,
    log: input.log ?? null,
    ...(input.query === undefined ? {} : { query: input.query }),
    ...resumedTask(run, task),
  };
}

function resumedTask({ input }: CollectRun, { id }: Task): Pick<TaskInput, 'resumed'> {
  const resumed = input.resumed?.tasks.get(id);
  return resumed ? { resumed } : {};
}

/** The settle step of the run: journal, counts, streams and what follows all come from here. */
export function settle(args: StepArgs): void {
  if (args.event.type === 'tasks.settled') enter(args, args.event.reports);
}

export function enter(args: StepArgs, reports: readonly TaskReport[]): void {
  const { run } = args.context;
  const ready: Task[] = [];
  const { log, resumed } = run.input;
  for (const told of reports) {
    const report = resumed ? withHistory(told, resumed.tasks.get(told.outcome.taskId)) : told;
    const { outcome } = report;
    run.queued.delete(outcome.taskId);
    const freed = run.book.settle(report);
    if (!freed) continue;
    run.twins?.settled(outcome);
    if (log && told !== run.ending) log.append({ type: 'task.settled', report });
    for (const task of freed) ready.push(task);
    const { settled, total } = run.book;
    run.publish({ type: 'task.settled', outcome, settled, total }, outcome.settledAt);
  }
  if (run.settings.schedule === 'eager' && ready.length > 0) queueReady(args, ready);
}

/** What cannot run is skipped at once; the rest waits for room in front of the gate. */
function queueReady(args: StepArgs, tasks: readonly Task[]): void {
  const { run } = args.context;
  const { skips, start, answered } = sortOut(args, tasks);
  for (const task of start) run.ready.add(task);
  for (const skip of skips) {
    const { wave } = run.plan.byId.get(skip.taskId) as Task;
    tellWave(args, wave, { type: 'tasks.skip', skips: [skip] });
  }
  tellAnswers(args, answered);
}

/** Twins of tasks that have settled: they have their answer, or it is the next one's turn to ask. */
function releaseTwins(args: StepArgs): void {
  const { run } = args.context;
  const freed = run.twins?.freed();
  if (!freed) return;
  tellAnswers(args, freed.answered);
  if (run.settings.schedule === 'eager') for (const task of freed.start) run.ready.add(task);
  else for (const task of freed.start) tellWave(args, task.wave, { type: 'tasks.ready', tasks: [task] });
}

function offer(args: StepArgs, tasks: readonly Task[]): void {
  queueReady(args, tasks);
  release(args);
}

/** Of a run that can start nothing more: twins whose answer has come have it, the others are skipped. */
export function settleTwins(args: StepArgs): void {
  const { run } = args.context;
  const freed = run.twins?.freed();
  if (!freed) return;
  tellAnswers(args, freed.answered);
  const { kind, message } = run.stop ?? { kind: 'internal' as const, message: 'The run stopped.' };
  for (const { id: taskId, wave } of freed.start) {
    tellWave(args, wave, { type: 'tasks.skip', skips: [{ taskId, kind, message }] });
  }
}

/** Lets twins go on; `eager`: hands ready tasks to their waves while there is room in front of the gate. */
export function release(args: StepArgs): void {
  const { run } = args.context;
  releaseTwins(args);
  const { ready } = run;
  while (run.queued.size < run.room) {
    const task = ready.take();
    if (!task) return;
    run.queued.add(task.id);
    tellWave(args, task.wave, { type: 'tasks.ready', tasks: [task] });
  }
}

export function noteQueued(args: StepArgs): void {
  if (args.event.type === 'task.queued') args.context.run.queued.add(args.event.taskId);
}

export function noteDequeued(args: StepArgs): void {
  if (args.event.type === 'task.dequeued') args.context.run.queued.delete(args.event.taskId);
}

export function closeWave(args: StepArgs): void {
  const { run } = args.context;
  const { event } = args;
  if (event.type !== 'child.done' && event.type !== 'child.failed') return;
  const wave = Number(event.id.slice('wave.'.length));
  run.activeWaves.delete(wave);
  if (event.type !== 'child.done') return;
  const { succeeded, failed, partial } = event.output as WaveOutput;
  run.publish({ type: 'wave.settled', wave, succeeded, failed, partial }, nowOf(args.self));
}

/** A wave's controller broke, or the roster of all of them: their tasks settle as failed, so that none is lost. */
export function loseWaves(args: StepArgs): void {
  const { run } = args.context;
  const { event } = args;
  if (event.type === 'child.failed') {
    loseWave(args, Number(event.id.slice('wave.'.length)), event.error);
  } else if (event.type === 'xstate.error.actor.waves') {
    // Without a roster no wave can be started either.
    run.nextWave = run.plan.waves.length;
    for (let wave = 1; wave <= run.plan.waves.length; wave += 1) loseWave(args, wave, event.error);
  }
}

function loseWave(args: StepArgs, wave: number, cause: unknown): void {
  const { run } = args.context;
  const error: TaskError = { kind: 'internal', message: `Its wave broke: ${String(cause)}`, retryable: false };
  const tasks = run.book.unsettled(run.plan.waves[wave - 1] ?? []);
  enter(
    args,
    tasks.map((task) => unstartedReport(task, 'failed', error, nowOf(args.self))),
  );
  run.activeWaves.delete(wave);
}
