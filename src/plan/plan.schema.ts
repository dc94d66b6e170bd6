import * as z from 'zod/v4/mini';
import { described } from '../errors/described.ts';
import { strictObject } from '../errors/strict-object.ts';
import { type LocatedIssue, toIssues } from '../errors/zod-issues.ts';
import { count, durationMs, limitMs, policyInputSchema, positiveCount } from '../policy/policy.schema.ts';
import { escaped } from '../text/foreign-text.ts';
import { planError } from './plan-error.ts';
import type { AgentSpec, Plan, PlanAgentSpec, TaskSpec } from './types.ts';

/** Longest task id, characters. */
export const MAX_ID_CHARS = 200;

/** Fault of an id, as the end of "Expected `id` …"; null when nothing is. */
export function idFault(id: string): { code: string; message: string } | null {
  if (id.trim() === '') return { code: 'empty-id', message: 'to be an id of at least one character' };
  if (id.length > MAX_ID_CHARS) return { code: 'invalid-id', message: `to be at most ${MAX_ID_CHARS} characters long` };
  if (escaped(id) !== id) {
    return {
      code: 'invalid-id',
      message: 'to be an id of printable characters, without invisible or bidirectional ones',
    };
  }
  return null;
}

/** A whole number beyond 2^53 was another one in the program that made it. */
const numericId = z.number().check(
  z.refine((id) => !Number.isInteger(id) || Number.isSafeInteger(id), {
    message: 'to be a text, or a number of at most 9007199254740991',
  }),
);

const idSchema = z.pipe(z.union([z.string(), numericId]), z.transform(String)).check(
  z.superRefine((id, context) => {
    const fault = idFault(id);
    if (fault) context.addIssue({ code: 'custom', message: fault.message, params: { code: fault.code } });
  }),
);

/** Longest `name=value` of an environment that Linux starts a program with, bytes. */
const MAX_ENV_BYTES = 131_071;

const envSchema = described(
  z.record(z.string(), z.pipe(z.union([z.string(), z.number(), z.boolean()]), z.transform(String))).check(
    // A program cannot be started with such a variable, and the system's error does not say which it is.
    z.superRefine((env, context) => {
      for (const [name, value] of Object.entries(env)) {
        const message = envFault(name, value);
        if (message) context.addIssue({ code: 'custom', path: [name], message, params: { code: 'invalid-env' } });
      }
    }),
  ),
  'Extra environment of the process.',
);

function envFault(name: string, value: string): string | null {
  if (name === '' || /[=\0]/.test(name)) return 'to have a name without `=` and NUL';
  if (value.includes('\0')) return 'to have no NUL character';
  // Three bytes are the most that one UTF-16 unit takes.
  if (3 * (name.length + value.length) < MAX_ENV_BYTES) return null;
  const bytes = new TextEncoder().encode(`${name}=${value}`).length;
  return bytes > MAX_ENV_BYTES
    ? `to be at most ${MAX_ENV_BYTES} bytes long with its name; give the agent a file, or the text in its prompt`
    : null;
}
const agentId = z.string().check(z.minLength(1));
const nonEmpty = z.string().check(z.minLength(1));

const common = {
  description: described(z.optional(z.string()), 'What it is good at, in a sentence; the route phase reads it.'),
  capabilities: described(z.optional(z.array(z.string())), 'Words the route phase matches against a task.'),
  provider: described(
    z.optional(nonEmpty),
    'Agents of one provider share its start gap and its cooling. Default: the id of the agent.',
  ),
  staggerMs: described(z.optional(durationMs), 'Smallest gap between two starts at this provider, milliseconds.'),
  maxConcurrent: described(z.optional(positiveCount), 'Most attempts of this agent in flight at once.'),
};

const processFields = {
  env: z.optional(envSchema),
  cwd: described(z.optional(z.string()), 'Working directory.'),
  requireOutput: described(z.optional(z.boolean()), 'Whether an empty answer is a failure. Default false.'),
  maxOutputBytes: described(
    z.optional(positiveCount),
    'Most output kept, bytes; the rest is cut, and marked. Default 1 MiB.',
  ),
};

const commandAgent = strictObject({
  kind: z.literal('command'),
  command: described(
    z.array(z.string()).check(z.minLength(1)),
    'The program and its arguments; `{{prompt}}` in an argument is replaced.',
  ),
  prompt: described(
    z.optional(z.enum(['stdin', 'argument', 'none'])),
    "How the prompt reaches the command. Default 'stdin'.",
  ),
  promptIsCode: described(
    z.optional(z.boolean()),
    'Whether it runs its prompt as code; no planner may then give it tasks. Default: derived from the command.',
  ),
  ...common,
  ...processFields,
});

const cliAgent = strictObject({
  kind: z.literal('cli'),
  tool: z.enum(['claude', 'codex', 'gemini', 'opencode', 'aider', 'cursor-agent', 'ollama']),
  model: z.optional(nonEmpty),
  args: described(z.optional(z.array(z.string())), 'Extra arguments, before the prompt.'),
  session: described(
    z.optional(z.boolean()),
    'Whether a retry continues the session of the attempt before it, where the tool has one. Default true.',
  ),
  ...common,
  ...processFields,
});

const modelAgent = strictObject({
  kind: z.literal('model'),
  baseURL: described(
    z.string().check(
      z.refine((url) => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol), {
        message: 'to be a URL, e.g. `http://127.0.0.1:11434/v1`',
      }),
    ),
    'Address of an OpenAI-compatible interface.',
  ),
  model: described(nonEmpty, 'The model, by the name its server has for it.'),
  apiKeyEnv: described(z.optional(nonEmpty), 'Name of the environment variable that holds the key. Default: no key.'),
  system: described(z.optional(z.string()), 'Instructions before the prompt. Default: none.'),
  temperature: described(z.optional(z.number().check(z.minimum(0))), "Chance in the answer. Default: the model's own."),
  maxOutputTokens: described(
    z.optional(positiveCount),
    "Most tokens of an answer; one that is cut there fails. Default: the model's own.",
  ),
  headers: described(
    z.optional(z.record(z.string(), z.string())),
    'More headers of every request. No secrets: plans are recorded as they are.',
  ),
  requireOutput: described(z.optional(z.boolean()), 'Whether an empty answer is a failure. Default false.'),
  ...common,
  provider: described(
    z.optional(nonEmpty),
    'Agents of one provider share its start gap and its cooling. Default: the host of `baseURL`.',
  ),
});

/** An agent as a plan or config file says it. */
export const agentSpecSchema: z.ZodMiniType<AgentSpec, unknown> = z
  .discriminatedUnion('kind', [commandAgent, cliAgent, modelAgent])
  .register(z.globalRegistry, { description: 'A command, a CLI tool or a model as an agent.' });

const adHocAgent = strictObject({
  kind: z.literal('adHoc'),
  base: described(nonEmpty, 'Id of the agent that plays this part; not ad-hoc itself.'),
  role: described(nonEmpty, 'What it acts as.'),
  description: described(z.optional(z.string()), 'What it does, in a sentence.'),
  capabilities: described(z.optional(z.array(z.string())), 'Words the route phase matches against a task.'),
});

/** An agent as a plan says it: also a part that another one plays. */
const planAgentSchema: z.ZodMiniType<PlanAgentSpec, unknown> = z
  .discriminatedUnion('kind', [commandAgent, cliAgent, modelAgent, adHocAgent])
  .register(z.globalRegistry, {
    id: 'agent',
    description: 'A command, a CLI tool or a model as an agent, or a part that another plays.',
  });

const passageSchema = strictObject({
  id: z.string(),
  path: z.string(),
  startLine: positiveCount,
  endLine: positiveCount,
  text: z.string(),
  score: z.number(),
});

const failureRule = z.optional(z.enum(['proceed', 'skip', 'abort']));

/** Task of a plan. */
export const taskSpecSchema: z.ZodMiniType<TaskSpec, unknown> = strictObject({
  id: described(idSchema, 'Names the task, in dependencies and everywhere a run is shown.'),
  prompt: described(z.string(), 'What the agent is asked; may be empty for agents that need none.'),
  agent: described(z.optional(agentId), 'Id of the agent. Default: `defaults.agent`, else the only agent there is.'),
  dependsOn: described(z.optional(z.array(idSchema)), 'Ids of the tasks that must have settled before.'),
  critical: described(
    z.optional(z.boolean()),
    'Whether its failure stops the run: what is in flight is cancelled, the rest skipped. Default false.',
  ),
  onDependencyFailure: described(
    failureRule,
    "What it does when a dependency fails: `proceed`, `skip`, or `abort`, which ends the run. Default: the run's rule.",
  ),
  timeoutMs: described(z.optional(limitMs), "Hard limit of one attempt, milliseconds; wins over the policy's clocks."),
  policy: z.optional(policyInputSchema),
  retries: described(z.optional(count), "Retries after the first attempt; overrides the policy's."),
  fallback: described(
    z.optional(z.union([agentId, z.literal(false)])),
    "Agent that takes over when this task's own is exhausted; false: none. Default: the plan's.",
  ),
  env: z.optional(envSchema),
  cwd: described(z.optional(z.string()), 'Working directory of the process.'),
  done: described(
    z.optional(strictObject({ output: z.string() })),
    'Done before the run began: not run, and its dependents see this output.',
  ),
  passages: described(z.optional(z.array(passageSchema)), 'Passages the agent should read.'),
  read: described(
    z.optional(z.array(nonEmpty)),
    'Files the agent should read, or lines of them: `docs/a.md:12-40`; relative to the working directory.',
  ),
  contextBudgetChars: described(
    z.optional(positiveCount),
    "Most characters of what its dependencies and passages add to its prompt. Default: the run's.",
  ),
}).register(z.globalRegistry, { id: 'task', description: 'One prompt for one agent.' });

const budgetSchema = strictObject({
  timeMs: described(z.optional(durationMs), 'Time since the run began, milliseconds.'),
  attempts: described(z.optional(count), 'Executions of any task, retries and fallbacks included.'),
  tokens: described(z.optional(count), 'Tokens reported by the agents, in and out.'),
  costUsd: described(
    z.optional(z.number().check(z.nonnegative())),
    'US dollars, as the agents report them or as `prices` makes of their tokens.',
  ),
});

const perMillion = z.number().check(z.nonnegative());

/** Prices of models, by name of a model or id of an agent. */
export const pricesSchema = z.record(
  nonEmpty,
  strictObject({
    inputPerMillion: described(perMillion, 'US dollars for a million tokens of input.'),
    outputPerMillion: described(perMillion, 'US dollars for a million tokens of output.'),
    cachedInputPerMillion: described(
      z.optional(perMillion),
      "Input that came from the provider's own cache. Default: `inputPerMillion`.",
    ),
  }),
);

/** Settings of a run, by name; a config file and the options of `run` have the same. */
export const runSettingsShape = {
  policy: described(
    z.optional(policyInputSchema),
    "Clocks, retries, breaker and cooling: a preset's name, or changes to one. Default 'patient'.",
  ),
  maxConcurrent: described(z.optional(positiveCount), 'Most attempts in flight. Default 4.'),
  staggerMs: described(z.optional(durationMs), 'One gap between any two starts, milliseconds. Default: by provider.'),
  schedule: described(z.optional(z.enum(['wave', 'eager'])), "Default 'wave'."),
  onDependencyFailure: described(
    failureRule,
    "What dependents of a failed task do. 'skip' (the default): they do not run; 'proceed': they run, and their prompts name what is missing; 'abort': the run ends.",
  ),
  timeoutMs: described(
    z.optional(limitMs),
    'Limit of the whole run, milliseconds. Default: derived from plan and policy.',
  ),
  budget: described(z.optional(budgetSchema), 'Upper bounds of the run, checked before every start.'),
  retries: described(z.optional(count), "Retries after the first attempt; overrides the policy's."),
  contextBudgetChars: described(
    z.optional(positiveCount),
    'Most characters of what dependencies and passages add to a prompt; shared fairly. Default 24000.',
  ),
  cache: described(
    z.optional(z.boolean()),
    'Whether what tasks ask alike is asked once, and answers of earlier runs are used again. Default false.',
  ),
};

const planObject = strictObject({
  $schema: described(z.optional(z.string()), 'For editors; ignored.'),
  goal: described(z.optional(z.string()), 'What the plan is for.'),
  ...runSettingsShape,
  agents: described(z.optional(z.record(nonEmpty, planAgentSchema)), 'The agents of this plan, by id.'),
  defaults: described(
    z.optional(strictObject({ agent: z.optional(agentId), policy: z.optional(policyInputSchema) })),
    'What tasks use that say nothing themselves.',
  ),
  fallback: described(z.optional(agentId), "Agent that takes over when a task's own is exhausted or blocked."),
  tasks: described(z.array(taskSpecSchema), 'The tasks; each result is listed in this order.'),
});

/** A plan file. */
export const planSchema: z.ZodMiniType<Plan, unknown> = z.pipe(
  planObject,
  z.transform(({ $schema: _, ...plan }) => plan),
);

/** The plan, or everything that is wrong with it. */
export function checkPlan(value: unknown): { plan: Plan; issues: null } | { plan: null; issues: LocatedIssue[] } {
  const checked = planSchema.safeParse(value);
  if (checked.success) return { plan: checked.data, issues: null };
  const issues = toIssues(checked.error.issues, { subject: 'The plan', value });
  return { plan: null, issues: issues.map(ofTask(value)).map(ofNestedPlan(value)) };
}

/** Says of an unknown key that holds a list of tasks where such a list belongs. */
function ofNestedPlan(value: unknown): (issue: LocatedIssue) => LocatedIssue {
  return (issue) => {
    const [key, ...below] = issue.at;
    if (issue.code !== 'unknown-key' || key === undefined || below.length > 0) return issue;
    const inner = (value as Record<PropertyKey, unknown>)[key] as { tasks?: unknown } | null;
    if (!Array.isArray(inner?.tasks)) return issue;
    return { ...issue, message: `${issue.message} It holds \`tasks\`, which stand at the top of a plan.` };
  };
}

/** Adds the id of the task that an issue stands in. */
function ofTask(value: unknown): (issue: LocatedIssue) => LocatedIssue {
  const tasks = (value as { tasks?: unknown } | null)?.tasks;
  return (issue) => {
    const [first, index] = issue.at;
    if (first !== 'tasks' || typeof index !== 'number' || !Array.isArray(tasks)) return issue;
    const id = (tasks[index] as { id?: unknown } | null)?.id;
    const isId = (typeof id === 'string' || typeof id === 'number') && idFault(String(id)) === null;
    return isId ? { ...issue, taskId: String(id) } : issue;
  };
}

/**
 * Reads a plan from data (a parsed YAML or JSON file, an object). Numbers as ids become strings. Only the form is
 * checked here; `compilePlan` checks what the tasks say of each other.
 *
 * Throws {@link SoarError} `invalid-plan` with every fault found, each with its path (`tasks[2].dependsOn[0]`).
 *
 * @example
 * parsePlan({ tasks: [{ id: 1, prompt: 'Say hello' }] }).tasks[0].id; // '1'
 */
export function parsePlan(value: unknown): Plan {
  const { plan, issues } = checkPlan(value);
  if (issues) throw planError(issues);
  return plan;
}

/** JSON Schema (2020-12) of a plan file, for editors. */
export function planJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(planObject, { io: 'input' });
  return {
    $schema,
    $id: 'urn:soar-machine:plan',
    title: 'soar-machine plan',
    description: 'A set of tasks with dependencies, and the agents that do them.',
    ...schema,
  };
}
