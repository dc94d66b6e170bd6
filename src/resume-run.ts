import type { AnyActorLogic, Snapshot } from 'xstate';
import type { ResolvedAgent } from './agents/resolve.ts';
import type { Clock } from './base/clock.ts';
import type { Journal } from './journal/journal.ts';
import type { LeftBehind } from './journal/journal-store.ts';
import { isLimitSet } from './journal/replay.ts';
import type { ReplayedRun } from './journal/replayed-run.ts';
import { finishedResult, requireWhole, resumedCollect, resumedQuery, storedRun } from './journal/resume.ts';
import { readingPlan } from './journal/run-errors.ts';
import type { CollectInput, CollectOutput } from './machines/collect/events.ts';
import { collectMachine } from './machines/collect/machine.ts';
import type { SoarInput, SoarOutput } from './machines/soar/events.ts';
import type { soarMachine } from './machines/soar/machine.ts';
import { soarLogicFor } from './machines/soar/resumed.ts';
import type { CompiledPlan, Plan } from './plan/types.ts';
import type { RunLog } from './run/log.ts';
import type { RunResult } from './run/result.ts';
import type { CollectSettings } from './run/settings.ts';

/** Services to start a run. */
export interface Launch {
  runId: string;
  logic: AnyActorLogic;
  input: object;
  /** Agents that are described for it alone. */
  own: ReadonlyMap<string, ResolvedAgent>;
  about: { query?: string; goal?: string };
  resultOf: (output: unknown) => RunResult;
  signal?: AbortSignal | undefined;
  log: RunLog | null;
  /** Awaited before anything runs. */
  before?: Promise<void>;
}

/** A plan that can be run, and the agents that it brings along. */
export interface PreparedPlan {
  compiled: CompiledPlan;
  own: ReadonlyMap<string, ResolvedAgent>;
}

type RunParts = Pick<Launch, 'logic' | 'input' | 'own' | 'about' | 'resultOf'>;

export interface ResumeDeps {
  journal: Journal;
  clock: Clock;
  /** The machine of a question whose phases this agent thinks in. */
  machineFor: (phaseAgent: string | null) => typeof soarMachine;
  /** Compiles the plan, and makes the agents it brings along. Throws `invalid-plan`. */
  prepare: (plan: Plan) => PreparedPlan;
  /** Makes the agents that were described for the run. */
  agentsOf: (agents: Plan['agents']) => ReadonlyMap<string, ResolvedAgent>;
}

/** Takes over a run of the journal and says how to start it from where it stood. Throws as `Soar.resume` does. */
export function resumeRun(
  runId: string,
  { timeoutMs }: { timeoutMs?: number },
  { journal, clock, machineFor, prepare, agentsOf }: ResumeDeps,
): Omit<Launch, 'runId' | 'signal'> {
  const now = clock.now();
  const known = ended(storedRun(journal, runId, now));
  if (known) return { ...known, log: null };
  const log = journal.attach(runId);
  try {
    // Read again: until it was ours, its owner may have continued it.
    const run = withLimit(storedRun(journal, runId, now), timeoutMs, now);
    const over = ended(run);
    if (over) {
      log.release();
      return { ...over, log: null };
    }
    requireWhole(run);
    const { query, agents } = run.header;
    // A plan that a person edited may bring agents along.
    const described = { ...agents, ...run.approved?.agents };
    const own = query === undefined ? NO_AGENTS : readingPlan(runId, () => agentsOf(described));
    const parts = query === undefined ? planParts(run, prepare) : queryParts(run, query, own, machineFor);
    const { deadlineAt } = run;
    log.append({ type: 'run.resumed', at: now, deadlineAt: timeoutMs === undefined ? null : deadlineAt });
    // What a derived limit was granted for the time between two processes.
    if (deadlineAt !== null && !isLimitSet(run)) {
      log.append({ type: 'limit.moved', at: now, deadlineAt, heldUntil: run.heldUntil });
    }
    return { ...parts, log, before: journal.endProcesses(leftBehind(run)) };
  } catch (error) {
    log.release();
    throw error;
  }
}

function leftBehind({ header, processes, settled, calls }: ReplayedRun): LeftBehind {
  const over = new Set([...settled.map(({ outcome }) => outcome.taskId), ...calls.keys()]);
  return { runId: header.runId, processes, isSettled: (taskId) => over.has(taskId) };
}

/** A new limit counts from now; a run of a plan that was not compiled yet takes it as its setting. */
function withLimit(run: ReplayedRun, timeoutMs: number | undefined, now: number): ReplayedRun {
  if (timeoutMs === undefined) return run;
  if (run.deadlineAt !== null || run.header.query !== undefined)
    return { ...run, deadlineAt: now + timeoutMs, limitAt: now + timeoutMs };
  return { ...run, header: { ...run.header, settings: { ...run.header.settings, timeoutMs } } };
}

function ended(run: ReplayedRun): RunParts | null {
  const result = finishedResult(run);
  if (!result) return null;
  const { goal, query } = run.header;
  return {
    logic: endedLogic(result),
    input: {},
    own: NO_AGENTS,
    about: aboutOf(goal, query),
    resultOf: (output) => output as RunResult,
  };
}

function planParts(run: ReplayedRun, prepare: ResumeDeps['prepare']): RunParts {
  const { runId, settings, plan, goal } = run.header;
  const { compiled, own } = readingPlan(runId, () => prepare(plan ?? { tasks: [] }));
  const input: CollectInput = { plan: compiled, settings: { ...FORMER_DEFAULTS, ...settings }, ...resumedCollect(run) };
  return {
    logic: collectMachine,
    input,
    own,
    about: aboutOf(goal, undefined),
    resultOf: (output) => withError(runId, output as CollectOutput),
  };
}

function queryParts(
  run: ReplayedRun,
  query: string,
  own: Launch['own'],
  machineFor: ResumeDeps['machineFor'],
): RunParts {
  const { runId, settings, contextFiles, defaultAgent, approve, decompose, phaseAgent = null } = run.header;
  const resumed = resumedQuery(run);
  const input: SoarInput = {
    query,
    settings,
    resumed,
    ...(decompose ? { decompose } : {}),
    ...(contextFiles ? { contextFiles } : {}),
    ...(approve ? { approve } : {}),
    ...(defaultAgent === undefined ? {} : { defaultAgent }),
  };
  return {
    logic: soarLogicFor(machineFor(phaseAgent), input),
    input,
    own,
    about: aboutOf(undefined, query),
    resultOf: (output) => ({ runId, ...(output as SoarOutput) }),
  };
}

/** Defaults that were others once, for runs that an older version began and whose journal does not say. */
const FORMER_DEFAULTS: Partial<CollectSettings> = { onDependencyFailure: 'proceed' };

const NO_AGENTS: Launch['own'] = new Map();

function aboutOf(goal: string | undefined, query: string | undefined): Launch['about'] {
  return { ...(goal === undefined ? {} : { goal }), ...(query === undefined ? {} : { query }) };
}

/** An actor that is done from the beginning. */
function endedLogic(output: RunResult): AnyActorLogic {
  const snapshot = { status: 'done', output, error: undefined } as Snapshot<RunResult>;
  return {
    getInitialSnapshot: () => snapshot,
    transition: () => snapshot,
    getPersistedSnapshot: () => snapshot,
  } as unknown as AnyActorLogic;
}

export function withError(runId: string, { status, outcomes, metadata, error }: CollectOutput): RunResult {
  return { runId, status, outcomes, metadata, ...(error ? { error } : {}) };
}
