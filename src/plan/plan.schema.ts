import * as z from 'zod';
import { strictObject } from '../errors/strict-object.ts';
import { type LocatedIssue, toIssues } from '../errors/zod-issues.ts';
import { count, durationMs, limitMs, policyInputSchema, positiveCount } from '../policy/policy.schema.ts';
import { planError } from './plan-error.ts';
import type { AgentSpec, Plan, PlanAgentSpec, TaskSpec } from './types.ts';

/** Longest task id, characters. */
export const MAX_ID_CHARS = 200;

/** What is wrong with an id, as the end of "Expected `id` …"; null when nothing is. */
export function idFault(id: string): { code: string; message: string } | null {
  if (id.trim() === '') return { code: 'empty-id', message: 'to be an id of at least one character' };
  if (id.length > MAX_ID_CHARS) return { code: 'invalid-id', message: `to be at most ${MAX_ID_CHARS} characters long` };
  if (/\p{Cc}|\p{Cs}|[\u2028\u2029]/u.test(id)) {
    return { code: 'invalid-id', message: 'to be an id of printable characters' };
  }
  return null;
}

const idSchema = z
  .union([z.string(), z.number()])
  .transform(String)
  .superRefine((id, context) => {
    const fault = idFault(id);
    if (fault) context.addIssue({ code: 'custom', message: fault.message, params: { code: fault.code } });
  });

const envSchema = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String))
  .describe('Extra environment of the process.');
const agentId = z.string().min(1);
const nonEmpty = z.string().min(1);

const common = {
  description: z.string().optional().describe('What it is good at, in a sentence; the route phase reads it.'),
  capabilities: z.array(z.string()).optional().describe('Words the route phase matches against a task.'),
  provider: nonEmpty
    .optional()
    .describe('Agents of one provider share its start gap and its cooling. Default: the id of the agent.'),
  staggerMs: durationMs.optional().describe('Smallest gap between two starts at this provider, milliseconds.'),
  maxConcurrent: positiveCount.optional().describe('Most attempts of this agent in flight at once.'),
};

const processFields = {
  env: envSchema.optional(),
  cwd: z.string().optional().describe('Working directory.'),
  requireOutput: z.boolean().optional().describe('Whether an empty answer is a failure. Default false.'),
  maxOutputBytes: positiveCount
    .optional()
    .describe('Most output kept, bytes; the rest is cut, and marked. Default 1 MiB.'),
};

const commandAgent = strictObject({
  kind: z.literal('command'),
  command: z
    .array(z.string())
    .min(1)
    .describe('The program and its arguments; `{{prompt}}` in an argument is replaced.'),
  prompt: z
    .enum(['stdin', 'argument', 'none'])
    .optional()
    .describe("How the prompt reaches the command. Default 'stdin'."),
  ...common,
  ...processFields,
});

const cliAgent = strictObject({
  kind: z.literal('cli'),
  tool: z.enum(['claude', 'codex', 'gemini', 'opencode', 'aider', 'cursor-agent', 'ollama']),
  model: nonEmpty.optional(),
  args: z.array(z.string()).optional().describe('Extra arguments, before the prompt.'),
  session: z
    .boolean()
    .optional()
    .describe(
      'Whether a retry goes on with the session of the attempt before it, where the tool has one. Default true.',
    ),
  ...common,
  ...processFields,
});

const modelAgent = strictObject({
  kind: z.literal('model'),
  baseURL: z
    .string()
    .refine((url) => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol), {
      message: 'to be a URL, e.g. `http://127.0.0.1:11434/v1`',
    })
    .describe('Address of an OpenAI-compatible interface.'),
  model: nonEmpty.describe('The model, by the name its server has for it.'),
  apiKeyEnv: nonEmpty.optional().describe('Name of the environment variable that holds the key. Default: no key.'),
  system: z.string().optional().describe('Instructions before the prompt. Default: none.'),
  temperature: z.number().min(0).optional().describe("Chance in the answer. Default: the model's own."),
  maxOutputTokens: positiveCount
    .optional()
    .describe("Most tokens of an answer; one that is cut there fails. Default: the model's own."),
  headers: z
    .record(z.string(), z.string())
    .optional()
    .describe('More headers of every request. No secrets: plans are recorded as they are.'),
  requireOutput: z.boolean().optional().describe('Whether an empty answer is a failure. Default false.'),
  ...common,
  provider: nonEmpty
    .optional()
    .describe('Agents of one provider share its start gap and its cooling. Default: the host of `baseURL`.'),
});

/** An agent as a plan or config file says it. */
export const agentSpecSchema: z.ZodType<AgentSpec, unknown> = z
  .discriminatedUnion('kind', [commandAgent, cliAgent, modelAgent])
  .meta({ description: 'A command, a CLI tool or a model as an agent.' });

const adHocAgent = strictObject({
  kind: z.literal('adHoc'),
  base: nonEmpty.describe('Id of the agent that plays this part; not ad-hoc itself.'),
  role: nonEmpty.describe('What it acts as.'),
  description: z.string().optional().describe('What it does, in a sentence.'),
  capabilities: z.array(z.string()).optional().describe('Words the route phase matches against a task.'),
});

/** An agent as a plan says it: also a part that another one plays. */
const planAgentSchema: z.ZodType<PlanAgentSpec, unknown> = z
  .discriminatedUnion('kind', [commandAgent, cliAgent, modelAgent, adHocAgent])
  .meta({
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

/** One task of a plan. */
export const taskSpecSchema: z.ZodType<TaskSpec, unknown> = strictObject({
  id: idSchema.describe('Names the task, in dependencies and everywhere a run is shown.'),
  prompt: z.string().describe('What the agent is asked; may be empty for agents that need none.'),
  agent: agentId.optional().describe('Id of the agent. Default: `defaults.agent`, else the only agent there is.'),
  dependsOn: z.array(idSchema).optional().describe('Ids of the tasks that must have settled before.'),
  critical: z
    .boolean()
    .optional()
    .describe('Whether its failure stops the run: what is in flight is cancelled, the rest skipped. Default false.'),
  timeoutMs: limitMs.optional().describe("Hard limit of one attempt, milliseconds; wins over the policy's clocks."),
  policy: policyInputSchema.optional(),
  retries: count.optional().describe("Retries after the first attempt; overrides the policy's."),
  fallback: z
    .union([agentId, z.literal(false)])
    .optional()
    .describe("Agent that takes over when this task's own is exhausted; false: none. Default: the plan's."),
  env: envSchema.optional(),
  cwd: z.string().optional().describe('Working directory of the process.'),
  done: strictObject({ output: z.string() })
    .optional()
    .describe('Done before the run began: not run, and its dependents see this output.'),
  passages: z.array(passageSchema).optional().describe('Passages the agent should read.'),
  read: z
    .array(nonEmpty)
    .optional()
    .describe('Files the agent should read, or lines of them: `docs/a.md:12-40`; relative to the working directory.'),
}).meta({ id: 'task', description: 'One prompt for one agent.' });

const budgetSchema = strictObject({
  timeMs: durationMs.optional().describe('Time since the run began, milliseconds.'),
  attempts: count.optional().describe('Executions of any task, retries and fallbacks included.'),
  tokens: count.optional().describe('Tokens reported by the agents, in and out.'),
  costUsd: z
    .number()
    .nonnegative()
    .optional()
    .describe('US dollars, as the agents report them or as `prices` makes of their tokens.'),
});

const perMillion = z.number().nonnegative();

/** What models cost, by name of a model or id of an agent. */
export const pricesSchema = z.record(
  nonEmpty,
  strictObject({
    inputPerMillion: perMillion.describe('US dollars for a million tokens of input.'),
    outputPerMillion: perMillion.describe('US dollars for a million tokens of output.'),
    cachedInputPerMillion: perMillion
      .optional()
      .describe("Input that came from the provider's own cache. Default: `inputPerMillion`."),
  }),
);

/** Settings of a run, by name; a config file and the options of `run` have the same. */
export const runSettingsShape = {
  policy: policyInputSchema.optional(),
  maxConcurrent: positiveCount.optional().describe('Most attempts in flight. Default 4.'),
  staggerMs: durationMs.optional().describe('One gap between any two starts, milliseconds. Default: by provider.'),
  schedule: z.enum(['wave', 'eager']).optional().describe("Default 'wave'."),
  onDependencyFailure: z
    .enum(['proceed', 'skip', 'abort'])
    .optional()
    .describe("What dependents of a failed task do. Default 'proceed': they run, and are told what is missing."),
  timeoutMs: limitMs
    .optional()
    .describe('Limit of the whole run, milliseconds. Default: derived from plan and policy.'),
  budget: budgetSchema.optional().describe('Upper bounds of the run, checked before every start.'),
  retries: count.optional().describe("Retries after the first attempt; overrides the policy's."),
  cache: z
    .boolean()
    .optional()
    .describe('Whether what tasks ask alike is asked once, and answers of earlier runs are used again. Default false.'),
};

const planObject = strictObject({
  $schema: z.string().optional().describe('For editors; ignored.'),
  goal: z.string().optional().describe('What the plan is for.'),
  ...runSettingsShape,
  agents: z.record(nonEmpty, planAgentSchema).optional().describe('The agents of this plan, by id.'),
  defaults: strictObject({ agent: agentId.optional(), policy: policyInputSchema.optional() })
    .optional()
    .describe('What tasks use that say nothing themselves.'),
  fallback: agentId.optional().describe("Agent that takes over when a task's own is exhausted or blocked."),
  tasks: z.array(taskSpecSchema).describe('The tasks; each result is listed in this order.'),
});

/** A plan file. */
export const planSchema: z.ZodType<Plan, unknown> = planObject.transform(({ $schema: _, ...plan }) => plan);

/** The plan, or everything that is wrong with it. */
export function checkPlan(value: unknown): { plan: Plan; issues: null } | { plan: null; issues: LocatedIssue[] } {
  const checked = planSchema.safeParse(value);
  if (checked.success) return { plan: checked.data, issues: null };
  return { plan: null, issues: toIssues(checked.error.issues, { subject: 'The plan', value }).map(ofTask(value)) };
}

/** Adds the id of the task that an issue stands in. */
function ofTask(value: unknown): (issue: LocatedIssue) => LocatedIssue {
  const tasks = (value as { tasks?: unknown } | null)?.tasks;
  return (issue) => {
    const [first, index] = issue.at;
    if (first !== 'tasks' || typeof index !== 'number' || !Array.isArray(tasks)) return issue;
    const id = (tasks[index] as { id?: unknown } | null)?.id;
    return typeof id === 'string' || typeof id === 'number' ? { ...issue, taskId: String(id) } : issue;
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
