import { resolve } from 'node:path';
import { SoarError } from '../errors/soar-error.ts';
import { CLI_TOOLS } from '../node/tools/cli-tools.ts';
import { runFallback } from '../plan/fallback.ts';
import { soleAgent } from '../plan/sole-agent.ts';
import type { AgentSpec, Plan, TaskSpec } from '../plan/types.ts';
import type { RunOptions } from '../soar-types.ts';
import { quoted } from '../text/foreign-text.ts';
import { programFinder } from './dry-start.ts';

/** Most missing agents that a message names. */
const MOST_LISTED = 10;

type Specs = Readonly<Record<string, AgentSpec>>;
type Place = Pick<TaskSpec, 'cwd' | 'env' | 'dependsOn'>;

/**
 * Throws `usage`, before anything starts, when a task of the plan has neither its agent nor a fallback installed.
 * Says how to install each that is missing. A program in a folder may be what an earlier task makes: those of tasks with
 * dependencies are not looked for.
 */
export async function requireInstalled(plan: Plan, { fallback }: RunOptions, specs: Specs): Promise<void> {
  const find = programFinder();
  const byDefault = plan.defaults?.agent ?? soleAgent(Object.keys(specs)) ?? undefined;
  const ofRun = runFallback(fallback, plan.fallback) ?? undefined;
  const missing = new Map<string, string>();
  for (const task of plan.tasks) {
    if (task.done) continue;
    const agent = task.agent ?? byDefault;
    const fault = agent === undefined ? null : await faultOf(specOf(agent, plan, specs), task, agent, find);
    if (fault === null || agent === undefined) continue;
    const other = fallback === false ? null : runFallback(task.fallback, ofRun);
    if (other === null || other === agent) missing.set(agent, fault);
    else if ((await faultOf(specOf(other, plan, specs), task, other, find)) !== null) missing.set(agent, fault);
  }
  refuse(missing);
}

/** The same for a question, which any of these agents may be asked: throws when none of them is installed. */
export async function requireAnyInstalled(specs: Specs, ids: Iterable<string>): Promise<void> {
  const find = programFinder();
  const missing = new Map<string, string>();
  for (const id of ids) {
    const fault = await faultOf(specs[id], {}, id, find);
    if (fault === null) return;
    missing.set(id, fault);
  }
  refuse(missing);
}

function refuse(missing: ReadonlyMap<string, string>): void {
  if (missing.size === 0) return;
  const faults = [...missing.values()].slice(0, MOST_LISTED).join('\n  ');
  const left = missing.size - MOST_LISTED;
  throw new SoarError('usage', `${faults}${left > 0 ? `\n  … and ${left} more` : ''}\nNothing was started.`);
}

/** A part of a plan is as its base is. */
function specOf(id: string, { agents }: Plan, specs: Specs): AgentSpec | undefined {
  const part = agents?.[id];
  return specs[part?.kind === 'adHoc' ? part.base : id];
}

/** Why an agent cannot start here, with what to do; null when it can, or when only its start can show it. */
async function faultOf(
  spec: AgentSpec | undefined,
  { cwd, env, dependsOn = [] }: Place,
  id: string,
  find: ReturnType<typeof programFinder>,
): Promise<string | null> {
  if (!spec || spec.kind === 'model') return null;
  const program =
    spec.kind === 'cli' ? CLI_TOOLS[spec.tool].argv({ model: [], extra: [] })[0] : (spec.command[0] ?? '');
  if (/[\\/]/.test(program) && dependsOn.length > 0) return null;
  const folder = resolve(cwd ?? spec.cwd ?? '.');
  if ((await find(program, { ...process.env, ...spec.env, ...env }, folder)) !== null) return null;
  const what = `Agent ${quoted(id)}: ${quoted(program)} is not installed here`;
  return spec.kind === 'cli'
    ? `${what}. ${CLI_TOOLS[spec.tool].install}.`
    : `${what}. Install it, or give its full path.`;
}
