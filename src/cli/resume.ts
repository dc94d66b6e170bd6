import { systemClock } from '../base/clock.ts';
import { SoarError } from '../errors/soar-error.ts';
import type { ReplayedRun } from '../journal/replayed-run.ts';
import { planOf, storedRun } from '../journal/resume.ts';
import { readingPlan } from '../journal/run-errors.ts';
import { type LoadedConfig, loadConfig } from '../node/config/config.ts';
import { createSoar } from '../node/create-soar.ts';
import { agentsFromSpecs } from '../node/tools/agents-from-spec.ts';
import { ownAgents } from '../plan/plan-agents.ts';
import type { Plan } from '../plan/types.ts';
import type { Soar, SoarOptions } from '../soar-types.ts';
import { quoted } from '../text/foreign-text.ts';
import { type Approval, terminalApproval } from './approval.ts';
import { coolingNotes } from './cooling-notes.ts';
import { enter } from './files.ts';
import type { RunFlags } from './flags.ts';
import { followRun } from './follow-run.ts';
import { requireKeys, usedAgents } from './model-keys.ts';
import { paintFor } from './paint.ts';
import { resolveAsk, resolveRun } from './resolve-run.ts';
import { runIdOf } from './run-id.ts';
import { requireJournal, resumeLine, showLines, stateDirOf } from './state.ts';
import { answerOf, outputsOf, tableOf } from './summary.ts';
import { NO_CHOICE } from './tool-agent.ts';
import { openWatchers, type Watchers } from './watchers.ts';

/** `soar resume <runId>`: continues with a run, or prints what one that has ended came to. Returns the exit code. */
export async function resumeCommand(given: string, flags: RunFlags): Promise<number> {
  enter(flags.cwd);
  const journal = await requireJournal(flags, given);
  let runId = given;
  let soar: Soar;
  let approval: Approval | undefined;
  let run: ReplayedRun;
  let watchers: Watchers;
  let options: SoarOptions;
  let config: LoadedConfig;
  try {
    runId = runIdOf(given, journal, stateDirOf(flags));
    run = storedRun(journal, runId, systemClock.now());
    requireTime(run, flags);
    approval = waitsForApproval(run) ? terminalApproval() : undefined;
    config = await loadConfig({ path: flags.config, cwd: process.cwd() });
    watchers = await openWatchers(flags);
    options = readingPlan(runId, () => optionsOf(run, config));
    soar = createSoar({ ...options, ...watchers.options, journal });
  } catch (error) {
    journal.close();
    throw error;
  }
  const paint = paintFor(process.stdout);
  const plan: Plan = planOf(run) ?? { tasks: [] };
  const own = run.end ? {} : readingPlan(runId, () => agentsFromSpecs(ownAgents(plan.agents)));
  const agents = { ...options.agents, ...own };
  return followRun({
    soar,
    journal,
    start: () => soar.resume(runId, flags.timeout === undefined ? {} : { timeoutMs: flags.timeout }),
    flags,
    watchers,
    hooks: config,
    isOver: run.end !== null,
    notes: run.end ? [] : coolingNotes(journal, agents, systemClock.now(), options),
    ...(approval ? { approval } : {}),
    summary: (result, width) => [
      ...tableOf(result, width, paint),
      ...(result.query === undefined
        ? outputsOf(result, plan, paint, showLines(result.runId, flags))
        : answerOf(result, paint)),
    ],
  });
}

function waitsForApproval({ header, approved, end }: ReplayedRun): boolean {
  return header.approve === true && approved === null && end === null;
}

/** A run whose time is up would be cancelled at once, and then be over for good. */
function requireTime(run: ReplayedRun, flags: RunFlags): void {
  const { deadlineAt, end, header } = run;
  if (end || flags.timeout !== undefined || deadlineAt === null || deadlineAt > systemClock.now()) return;
  const line = resumeLine(header.runId, flags);
  const message = `The time of run ${quoted(header.runId)} was up at ${new Date(deadlineAt).toISOString()}. Give it more, counted from now: ${line} --timeout 1h`;
  throw new SoarError('usage', message);
}

/** The engine that the run had: its own agents, those of the configuration, and its pace. */
function optionsOf({ header, phases, end }: ReplayedRun, config: LoadedConfig): SoarOptions {
  if (end) return {};
  const { plan, agents = {}, settings, defaultAgent, phaseAgent } = header;
  const { maxConcurrent, staggerMs } = settings;
  const pace = { ...(maxConcurrent === null ? {} : { maxConcurrent }), ...(staggerMs === null ? {} : { staggerMs }) };
  if (plan) {
    const prepared = resolveRun(plan, config, {}, NO_CHOICE);
    requireKeys(prepared.specs, usedAgents(prepared.plan, settings.fallback ?? false));
    return { ...prepared.options, ...pace };
  }
  const { options } = resolveAsk(config, {}, NO_CHOICE);
  const own = { ...options.agents, ...agentsFromSpecs(agents) };
  // A chosen tool was the one agent there was, beside the fallback.
  const wanted =
    Object.keys(agents).length === 0 ? null : new Set([...Object.keys(agents), settings.fallback, phaseAgent]);
  const kept = Object.entries(own).filter(([id]) => phases.route !== undefined || !wanted || wanted.has(id));
  requireKeys(
    { ...config.specs, ...agents },
    kept.map(([id]) => id),
  );
  return {
    ...options,
    ...pace,
    agents: Object.fromEntries(kept),
    ...(defaultAgent === undefined ? {} : { defaultAgent }),
  };
}
