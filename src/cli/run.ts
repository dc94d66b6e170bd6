import { systemClock } from '../base/clock.ts';
import { loadConfig } from '../node/config/config.ts';
import { createSoar } from '../node/create-soar.ts';
import { agentsFromSpecs } from '../node/tools/agents-from-spec.ts';
import { ownAgents } from '../plan/plan-agents.ts';
import { coolingNotes } from './cooling-notes.ts';
import { enter } from './files.ts';
import type { RunFlags } from './flags.ts';
import { followRun } from './follow-run.ts';
import { requireInstalled } from './installed-agents.ts';
import { requireKeys, usedAgents } from './model-keys.ts';
import { paintFor } from './paint.ts';
import { readPlan } from './read-plan.ts';
import { agentsFor, resolveRun } from './resolve-run.ts';
import { openJournal, showLines } from './state.ts';
import { say } from './stdout.ts';
import { outputsOf, tableOf } from './summary.ts';
import { toolChoice } from './tool-agent.ts';
import { openWatchers } from './watchers.ts';

/** `soar run <plan>`: runs a plan, or with `--dry-run` says what it would run. Returns the exit code. */
export async function runCommand(path: string, flags: RunFlags): Promise<number> {
  enter(flags.cwd);
  const config = await loadConfig({ path: flags.config, cwd: process.cwd() });
  const choice = toolChoice(flags, process.env);
  const { plan: given, notes } = await readPlan(path, (plan) => agentsFor(plan, config, choice));
  for (const note of notes) say(`note: ${note}`);
  const { plan, options, run, specs } = resolveRun(given, config, flags, choice);
  requireKeys(specs, usedAgents(plan, run.fallback));
  if (flags.dryRun) {
    const { printDryRun } = await import('./dry-run.ts');
    return printDryRun({ plan, options, run, specs }, flags);
  }
  await requireInstalled(plan, run, specs);
  const watchers = await openWatchers(flags);
  const journal = await openJournal(flags);
  const soar = createSoar({ ...options, ...watchers.options, ...(journal ? { journal } : {}) });
  const paint = paintFor(process.stdout);
  const agents = { ...options.agents, ...agentsFromSpecs(ownAgents(plan.agents)) };
  const used = Object.entries(agents).filter(([id]) => usedAgents(plan, run.fallback).has(id));
  return followRun({
    soar,
    journal,
    start: () => soar.run(plan, run),
    flags,
    watchers,
    hooks: config,
    notes: coolingNotes(journal, Object.fromEntries(used), systemClock.now(), options),
    summary: (result, width) => [
      ...tableOf(result, width, paint),
      ...outputsOf(result, plan, paint, journal ? showLines(result.runId, flags) : 'run it with --json'),
    ],
  });
}
