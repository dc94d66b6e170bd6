import { writeFile } from 'node:fs/promises';
import { SoarError } from '../errors/soar-error.ts';
import { loadConfig } from '../node/config/config.ts';
import { createSoar } from '../node/create-soar.ts';
import { pathFault } from '../node/files/path-fault.ts';
import { requireReader } from '../node/files/write-target.ts';
import { compilePlan } from '../plan/compile.ts';
import { formatPlanYaml } from '../plan/format-plan.ts';
import { withPlaces } from '../plan/reading.ts';
import type { AgentSpec, Plan } from '../plan/types.ts';
import type { RunResult } from '../run/result.ts';
import { quoted } from '../text/foreign-text.ts';
import { OFFLINE_NOTE, queryOf } from './ask.ts';
import { enter, requireFiles } from './files.ts';
import type { RunFlags } from './flags.ts';
import { followRun } from './follow-run.ts';
import { counted } from './format.ts';
import { requireKeys } from './model-keys.ts';
import { phaseLine } from './progress-log.ts';
import { resolveAsk } from './resolve-run.ts';
import { print, say } from './stdout.ts';
import { toolChoice } from './tool-agent.ts';
import { NO_WATCHERS } from './watchers.ts';

export interface PlanFlags extends RunFlags {
  output?: string;
}

/** `soar plan <query>`: the phases of `ask` as far as route, to a plan that a person can edit and `soar run` runs. */
export async function planCommand(words: readonly string[], flags: PlanFlags): Promise<number> {
  enter(flags.cwd);
  const query = await queryOf(words);
  await requireFiles(flags.context ?? []);
  const config = await loadConfig({ path: flags.config, cwd: process.cwd() });
  const { options, run, specs, isOffline } = resolveAsk(config, flags, toolChoice(flags, process.env));
  const ids = Object.keys(options.agents ?? {});
  requireKeys(specs, ids);
  const { fallback } = run;
  if (typeof fallback === 'string' && !ids.includes(fallback)) {
    throw new SoarError('usage', `There is no agent ${quoted(fallback)} for --fallback; there are ${ids.join(', ')}.`);
  }
  const soar = createSoar(options);
  const ended: { result?: RunResult } = {};
  const phases: string[] = [];
  const exitCode = await followRun({
    soar,
    journal: null,
    start: () => {
      const handle = soar.plan(query, run);
      handle.events$.subscribe((event) => {
        if (event.type === 'phase.completed') phases.push(phaseLine(event));
      });
      return handle;
    },
    flags,
    watchers: NO_WATCHERS,
    notes: isOffline ? [OFFLINE_NOTE] : [],
    summary: (result) => {
      ended.result = result;
      return [];
    },
  });
  const note = (line: string) => flags.quiet || say(line);
  // A log has said them already; a live view leaves nothing behind.
  if (process.stderr.isTTY) phases.map(note);
  if (exitCode !== 0) {
    note(ended.result?.error?.message ?? 'There is no plan.');
    return exitCode;
  }
  await deliver(withAgents(ended.result?.plan as Plan, specs), ids, flags, note);
  return 0;
}

/** Prints the plan, or writes it to the file that was asked for. */
async function deliver(
  plan: Plan,
  agents: string[],
  { output }: PlanFlags,
  note: (line: string) => void,
): Promise<void> {
  const { waves, tasks } = compilePlan(plan, { agents });
  const written = withPlaces(plan);
  const isJson = output?.endsWith('.json') ?? false;
  const text = isJson ? `${JSON.stringify(written, null, 2)}\n` : formatPlanYaml(written, headOf(output));
  if (output === undefined || output === '-') {
    print(text);
    return;
  }
  try {
    requireReader(output);
    await writeFile(output, text);
  } catch (cause) {
    // A model was asked for it, and a person may have waited.
    print(text);
    const message = `Cannot write the plan to ${quoted(output)}: ${pathFault(cause)}. It is on stdout instead.`;
    throw new SoarError('io', message, { cause });
  }
  note(
    `Wrote ${output}: ${counted(tasks.length, 'task')} in ${counted(waves.length, 'wave')}. Run it: soar run ${output}`,
  );
}

/** Notes for a person who edits the plan. */
function headOf(output: string | undefined): string {
  const file = output === undefined || output === '-' ? 'plan.yaml' : output;
  return `Edit it, then: soar run ${file}\nprompt: what an agent gets · read: lines that it gets with it, as they are when it runs\ndependsOn: tasks whose results it gets · agents: who can be named as agent`;
}

/** The plan with the descriptions of the agents it names, so that it can be run where there is no configuration. */
export function withAgents(plan: Plan, specs: Readonly<Record<string, AgentSpec>>): Plan {
  const bases = Object.values(plan.agents ?? {}).map((spec) => (spec.kind === 'adHoc' ? spec.base : undefined));
  const named = new Set([plan.fallback, plan.defaults?.agent, ...bases, ...plan.tasks.map(({ agent }) => agent)]);
  const own = Object.entries(specs).filter(([id]) => named.has(id));
  return own.length === 0 ? plan : { ...plan, agents: { ...Object.fromEntries(own), ...plan.agents } };
}
