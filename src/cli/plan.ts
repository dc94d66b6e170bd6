import { writeFile } from 'node:fs/promises';
import { offlinePhases } from '../actors/phases/offline.ts';
import type { AgentInfo } from '../actors/phases/types.ts';
import { resolveAgents } from '../agents/resolve.ts';
import { SoarError } from '../errors/soar-error.ts';
import { loadConfig } from '../node/config.ts';
import { createFileRetriever } from '../node/retrieve.ts';
import { compilePlan } from '../plan/compile.ts';
import { formatPlanYaml } from '../plan/parse.ts';
import type { AgentSpec, Plan } from '../plan/types.ts';
import { OFFLINE_NOTE, queryOf } from './ask.ts';
import { enter, requireFiles } from './files.ts';
import type { RunFlags } from './flags.ts';
import { counted } from './format.ts';
import { requireKeys } from './model-keys.ts';
import { resolveAsk } from './resolve-run.ts';
import { claimStdout, print } from './stdout.ts';
import { toolChoice } from './tool-agent.ts';

export interface PlanFlags extends RunFlags {
  output?: string;
}

/** `soar plan <query>`: assess, retrieve, decompose and route, to a plan that a person can edit and `soar run` runs. */
export async function planCommand(words: readonly string[], flags: PlanFlags): Promise<number> {
  claimStdout();
  enter(flags.cwd);
  const query = await queryOf(words);
  const contextFiles = flags.context ?? [];
  await requireFiles(contextFiles);
  const config = await loadConfig({ path: flags.config, cwd: process.cwd() });
  const { options, run, specs, isOffline } = resolveAsk(config, flags, toolChoice(flags, process.env));
  requireKeys(specs, Object.keys(options.agents ?? {}));
  const say = (line: string) => flags.quiet || process.stderr.write(`${line}\n`);
  if (isOffline) say(OFFLINE_NOTE);

  const agents = infosOf(options.agents ?? {});
  const ids = agents.map(({ id }) => id);
  const fallback = typeof run.fallback === 'string' ? run.fallback : null;
  if (fallback !== null && !ids.includes(fallback)) {
    throw new SoarError('usage', `There is no agent \`${fallback}\` for --fallback; there are ${ids.join(', ')}.`);
  }
  const phases = offlinePhases({ retrieve: createFileRetriever({ cwd: process.cwd() }) });
  const controls = { signal: new AbortController().signal };
  const { complexity } = await phases.assess({ query }, controls);
  const { passages, searched, notes } = await phases.retrieve({ query, complexity, contextFiles }, controls);
  const decomposition = await phases.decompose({ query, complexity, passages, agents }, controls);
  const defaultAgent = options.defaultAgent ?? ids[0] ?? null;
  const routed = await phases.route({ query, decomposition, agents, passages, fallback, defaultAgent }, controls);
  const plan = withAgents(routed.plan, specs);
  const { waves, tasks } = compilePlan(plan, { agents: ids });

  say(`${complexity}, ${counted(passages.length, 'passage')} from ${counted(searched, 'file')}`);
  for (const note of [...notes, ...decomposition.notes]) say(note);
  for (const { taskId, agentId, quality } of routed.matches) say(`${taskId} → ${agentId} (${quality})`);
  const { output } = flags;
  const text = output?.endsWith('.json') ? `${JSON.stringify(plan, null, 2)}\n` : formatPlanYaml(plan);
  if (output === undefined || output === '-') {
    print(text);
    return 0;
  }
  await writeFile(output, text).catch((cause: NodeJS.ErrnoException) => {
    throw new SoarError('usage', `Cannot write the plan to \`${output}\`: ${cause.message}.`, { cause });
  });
  say(
    `Wrote ${output}: ${counted(tasks.length, 'task')} in ${counted(waves.length, 'wave')}. Run it: soar run ${output}`,
  );
  return 0;
}

function infosOf(agents: Parameters<typeof resolveAgents>[0]): AgentInfo[] {
  return [...resolveAgents(agents).values()].map(({ id, description, capabilities, kind }) => ({
    id,
    description,
    capabilities,
    kind,
  }));
}

/** The plan with the descriptions of the agents it names, so that it can be run where there is no configuration. */
function withAgents(plan: Plan, specs: Readonly<Record<string, AgentSpec>>): Plan {
  const named = new Set([plan.fallback, ...plan.tasks.map(({ agent }) => agent)]);
  const own = Object.entries(specs).filter(([id]) => named.has(id));
  return own.length === 0 ? plan : { ...plan, agents: Object.fromEntries(own) };
}
