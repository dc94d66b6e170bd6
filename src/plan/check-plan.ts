import { deepFreeze, frozenCopy } from '../base/frozen.ts';
import { didYouMean } from '../errors/nearest.ts';
import { type LocatedIssue, pathText } from '../errors/zod-issues.ts';
import { quoted } from '../text/foreign-text.ts';
import { cyclesOf, type Edges, levelsOf, reversed } from './graph.ts';
import { checkPlan, idFault, MAX_ID_CHARS } from './plan.schema.ts';
import { ownAgents } from './plan-agents.ts';
import { LISTED_ISSUES } from './plan-error.ts';
import { soleAgent } from './sole-agent.ts';
import type { Plan, TaskSpec } from './types.ts';

export interface CheckOptions {
  /**
   * Ids of the agents there are, beside those the plan itself brings. When given, every agent named must be one of
   * them, and a task that names none needs that there is only one.
   */
  agents?: readonly string[];
  /** Ids of agents that run their prompt as code, where no task may name one. Default: none. */
  codeAgents?: ReadonlySet<string>;
  /** Agent of the tasks that name none, where the plan has no `defaults.agent`. Default: the only agent there is. */
  defaultAgent?: string | undefined;
}

/** A plan with all that is known of it; with issues, as much of it as can be read. */
export interface CheckedPlan {
  plan: Plan;
  /** Every fault of form and meaning, located. */
  issues: readonly LocatedIssue[];
  dependencies: Edges;
  dependents: Edges;
  /** 1-based topological level by position. */
  levels: Int32Array;
  agentOf(spec: TaskSpec): string;
}

/**
 * Checks the form of a plan and what its tasks say of each other, in one pass and without throwing.
 *
 * @param options May follow from the plan, as far as that can be read.
 */
export function checkedPlan(input: unknown, options: CheckOptions | ((plan: Plan) => CheckOptions) = {}): CheckedPlan {
  const issues: LocatedIssue[] = [];
  const plan = formOf(frozenCopy(input), issues);
  const specs = plan.tasks;
  const ids = positionsOf(specs, issues);
  const dependencies = dependenciesOf(specs, ids, issues);
  const dependents = reversed(dependencies);
  const { levels, placed } = levelsOf(dependencies, dependents);
  if (placed < specs.length) reportCycles(cyclesOf(dependencies, dependents, levels), specs, issues);
  const agentOf = agentsOf(plan, typeof options === 'function' ? options(plan) : options, issues);
  return { plan, issues, dependencies, dependents, levels, agentOf };
}

/** A fault at a path. */
function fault(at: readonly PropertyKey[], message: string, code: string, taskId?: string): LocatedIssue {
  return { at, path: pathText(at), message, code, ...(taskId === undefined ? {} : { taskId }) };
}

const NO_NAMES: readonly string[] = Object.freeze([]);

const PLAIN_KEYS: ReadonlySet<string> = new Set(['id', 'prompt', 'agent', 'dependsOn', 'critical']);

/**
 * The plan in its proper form. The schema is thorough and slow, so that of plans of plain tasks it sees all but the
 * tasks. When the form is wrong, what can be read of it is still checked for the rest.
 */
function formOf(input: unknown, issues: LocatedIssue[]): Plan {
  const given = recordOf(input);
  const tasks = Array.isArray(given.tasks) ? (given.tasks as unknown[]) : [];
  const plain = tasks.length > 0 && !tasks.includes(undefined) && tasks.every(isPlainTask);
  const checked = checkPlan(plain ? { ...given, tasks: [] } : input);
  if (checked.plan) return deepFreeze(plain ? { ...checked.plan, tasks: tasks as TaskSpec[] } : checked.plan);
  issues.push(...checked.issues);
  return readablePlan(given, tasks);
}

function isPlainTask(task: unknown): task is TaskSpec {
  if (typeof task !== 'object' || task === null) return false;
  for (const key in task) if (!PLAIN_KEYS.has(key)) return false;
  const { id, prompt, agent, dependsOn, critical } = task as Record<string, unknown>;
  return (
    isPlainId(id) &&
    typeof prompt === 'string' &&
    (agent === undefined || (typeof agent === 'string' && agent !== '')) &&
    (critical === undefined || typeof critical === 'boolean') &&
    (dependsOn === undefined || (Array.isArray(dependsOn) && dependsOn.every(isPlainId)))
  );
}

const PLAIN_ID = /^[\w.:/@-]+$/;

function isPlainId(id: unknown): id is string {
  return typeof id === 'string' && id.length <= MAX_ID_CHARS && (PLAIN_ID.test(id) || idFault(id) === null);
}

/** As much of a plan as the checks of graph and agents need, whatever it is. */
function readablePlan(given: Record<string, unknown>, tasks: readonly unknown[]): Plan {
  const agents = Object.keys(recordOf(given.agents)).map((id) => [id, { kind: 'command', command: [id] }] as const);
  return {
    agents: Object.fromEntries(agents),
    defaults: { agent: nameOf(recordOf(given.defaults).agent) },
    fallback: nameOf(given.fallback),
    tasks: Array.from(tasks, (task) => {
      const { id, dependsOn, agent, fallback, done } = recordOf(task);
      return {
        id: idOf(id),
        prompt: '',
        dependsOn: Array.isArray(dependsOn) ? dependsOn.map(idOf).filter((dependency) => dependency !== '') : [],
        agent: nameOf(agent),
        fallback: nameOf(fallback),
        done: done === undefined ? undefined : { output: '' },
      };
    }),
  };
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function nameOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function idOf(value: unknown): string {
  const id = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  return idFault(id) === null ? id : '';
}

function positionsOf(specs: readonly TaskSpec[], issues: LocatedIssue[]): Map<string, number> {
  const positions = new Map<string, number>();
  specs.forEach(({ id }, position) => {
    const first = positions.get(id);
    if (first === undefined) {
      positions.set(id, position);
    } else if (id !== '') {
      const message = `Task id ${quoted(id)} is used twice, at tasks[${first}] and tasks[${position}]; ids must be unique.`;
      issues.push(fault(['tasks', position, 'id'], message, 'duplicate-id', id));
    }
  });
  return positions;
}

/** The dependencies that are known, each once; the others are faults. */
function dependenciesOf(specs: readonly TaskSpec[], ids: ReadonlyMap<string, number>, issues: LocatedIssue[]): Edges {
  const from = new Int32Array(specs.length + 1);
  const to: number[] = [];
  /** The last task that was seen to depend on each position. */
  const seenBy = new Int32Array(specs.length).fill(-1);
  specs.forEach(({ id, dependsOn = NO_NAMES }, position) => {
    dependsOn.forEach((dependency, place) => {
      const target = dependency === id ? undefined : ids.get(dependency);
      if (target === undefined) {
        reportDependency(dependency, ['tasks', position, 'dependsOn', place], id, ids, issues);
      } else if (seenBy[target] !== position) {
        seenBy[target] = position;
        to.push(target);
      }
    });
    from[position + 1] = to.length;
  });
  return { size: specs.length, from, to: Int32Array.from(to) };
}

function reportDependency(
  dependency: string,
  at: readonly PropertyKey[],
  taskId: string,
  ids: ReadonlyMap<string, number>,
  issues: LocatedIssue[],
): void {
  if (dependency === taskId) {
    issues.push(fault(at, `Task ${quoted(taskId)} depends on itself.`, 'self-dependency', taskId));
    return;
  }
  // With an unreadable id in the plan, no dependency is certainly unknown: it may mean that one.
  if (ids.has('')) return;
  const hint = issues.length < LISTED_ISSUES ? didYouMean(dependency, ids.keys()) : '';
  const message = `Task ${quoted(taskId)} depends on ${quoted(dependency)}, which is not in the plan.${hint}`;
  issues.push(fault(at, message, 'unknown-dependency', taskId));
}

/** Longest cycle that is written out, tasks. */
const CYCLE_SHOWN = 50;

function reportCycles(
  cycles: readonly (readonly number[])[],
  specs: readonly TaskSpec[],
  issues: LocatedIssue[],
): void {
  for (const cycle of cycles) {
    const ids = cycle.map((position) => (specs[position] as TaskSpec).id);
    const [first = ''] = ids;
    const shown =
      ids.length > CYCLE_SHOWN ? [...ids.slice(0, CYCLE_SHOWN), `… ${ids.length - CYCLE_SHOWN} more …`] : ids;
    const message = `Tasks depend on each other in a circle: ${[...shown, first].join(' → ')}.`;
    issues.push(fault(['tasks', cycle[0] as number, 'dependsOn'], message, 'circular-dependency', first));
  }
}

/** Ends a sentence about an agent that was named in vain. */
export const CODE_AGENT = 'runs its prompt as code, and text made of a question is never run. Name another agent.';

/** Says which agent a task has, after checking those that are named. */
function agentsOf(
  plan: Plan,
  { agents: given, codeAgents, defaultAgent }: CheckOptions,
  issues: LocatedIssue[],
): (spec: TaskSpec) => string {
  const own = Object.keys(ownAgents(plan.agents));
  const bases = new Set([...own, ...(given ?? [])]);
  const known = new Set([...bases, ...Object.keys(plan.agents ?? {})]);
  const byDefault = plan.defaults?.agent ?? defaultAgent ?? soleAgent(own) ?? soleAgent(bases) ?? '';
  if (given !== undefined) {
    const check = (agent: string | false | undefined, at: readonly PropertyKey[], taskId?: string) => {
      if (agent === undefined || agent === false) return;
      const isCode = codeAgents?.has(agent) === true;
      if (known.has(agent) && !isCode) return;
      const hint = issues.length < LISTED_ISSUES ? didYouMean(agent, known) || listOf(known) : '';
      const of = taskId === undefined ? '' : ` of task ${quoted(taskId)}`;
      const named = `${quoted(agent)} (\`${String(at.at(-1))}\`${of})`;
      const message = isCode ? `Agent ${named} ${CODE_AGENT}` : `There is no agent ${named}.${hint}`;
      issues.push(fault(at, message, isCode ? 'code-agent' : 'unknown-agent', taskId));
    };
    for (const [id, spec] of Object.entries(plan.agents ?? {})) {
      if (spec.kind !== 'adHoc') continue;
      if (codeAgents?.has(spec.base)) {
        const message = `Agent ${quoted(spec.base)} (\`base\` of ${quoted(id)}) ${CODE_AGENT}`;
        issues.push(fault(['agents', id, 'base'], message, 'code-agent'));
        continue;
      }
      if (bases.has(spec.base)) continue;
      const hint = known.has(spec.base) ? ' That one is ad-hoc too.' : didYouMean(spec.base, bases) || listOf(bases);
      const message = `There is no agent ${quoted(spec.base)} that could play ${quoted(id)} (\`base\`).${hint}`;
      issues.push(fault(['agents', id, 'base'], message, 'unknown-agent'));
    }
    check(plan.defaults?.agent, ['defaults', 'agent']);
    check(plan.fallback, ['fallback']);
    plan.tasks.forEach(({ id, agent, fallback, done }, position) => {
      check(agent, ['tasks', position, 'agent'], id);
      check(fallback, ['tasks', position, 'fallback'], id);
      if (agent !== undefined || byDefault !== '' || done) return;
      const choice = known.size === 0 ? 'there is none' : `there are ${known.size} to choose from`;
      const message = `Task ${quoted(id || `tasks[${position}]`)} names no agent and ${choice}; give it \`agent\`, or the plan \`defaults.agent\`.`;
      issues.push(fault(['tasks', position, 'agent'], message, 'no-agent', id));
    });
  }
  return (spec) => spec.agent ?? byDefault;
}

function listOf(known: ReadonlySet<string>): string {
  if (known.size === 0 || known.size > 12) return '';
  return ` Known: ${[...known].map(quoted).join(', ')}.`;
}
