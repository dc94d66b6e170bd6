import * as z from 'zod/v4/mini';
import { toIssues } from '../../errors/zod-issues.ts';
import type { Read } from '../calls/ask-agent.ts';

const QUALITIES = ['excellent', 'acceptable', 'insufficient'] as const;

/** Ids and names; models write numbers too. */
const name = z.pipe(
  z.union([z.string(), z.number()]),
  z.transform((value) => String(value).trim()),
);
const names = z.array(name);

const subgoalSchema = z.object({
  id: z.nullish(name),
  title: z.nullish(z.string()),
  prompt: z.string(),
  dependsOn: z.nullish(names),
  agent: z.nullish(name),
  match: z.nullish(z.enum(QUALITIES)),
  idealAgent: z.nullish(z.object({ name, description: z.string() })),
  critical: z.nullish(z.boolean()),
  capabilities: z.nullish(z.array(z.string())),
  files: z.nullish(z.array(z.string())),
});

/** A decomposition as a model gives it. */
const decompositionSchema = z.object({ goal: z.nullish(z.string()), subgoals: z.array(subgoalSchema) });

/** A subgoal as proposed: of the right form, not verified yet. */
export interface ProposedSubgoal {
  id: string;
  title: string;
  prompt: string;
  dependsOn: string[];
  agent: string | null;
  match: (typeof QUALITIES)[number] | null;
  idealAgent: { name: string; description: string } | null;
  critical: boolean;
  capabilities: string[];
  /** Paths it wants to read. */
  files: string[];
}

export interface Proposal {
  goal: string | null;
  subgoals: ProposedSubgoal[];
}

/**
 * Reads what a model gave as a decomposition. Keys may be in snake_case, and some may have the names that others use for the
 * same (`description` for `prompt`, `assigned_agent` for `agent`); a bare list is taken for the subgoals. What is missing is
 * never made up, but for an id.
 */
export function readProposal(value: unknown): Read<Proposal> {
  const checked = decompositionSchema.safeParse(tolerated(value));
  if (!checked.success) {
    const issues = toIssues(checked.error.issues, { subject: 'The decomposition', value: tolerated(value) });
    return { faults: issues.map(({ message }) => message) };
  }
  const { goal, subgoals } = checked.data;
  return {
    value: {
      goal: goal?.trim() || null,
      subgoals: subgoals.map((subgoal, at) => {
        const title = subgoal.title?.trim() || firstLine(subgoal.prompt) || `Part ${at + 1}`;
        return {
          id: subgoal.id || title,
          title,
          prompt: subgoal.prompt.trim(),
          dependsOn: subgoal.dependsOn ?? [],
          agent: subgoal.agent?.replace(/^@/, '') || null,
          match: subgoal.match ?? null,
          idealAgent: subgoal.idealAgent?.name ? subgoal.idealAgent : null,
          critical: subgoal.critical ?? false,
          capabilities: subgoal.capabilities ?? [],
          files: subgoal.files ?? [],
        };
      }),
    },
  };
}

function firstLine(text: string): string {
  return (text.trim().split('\n')[0] ?? '').slice(0, 80).trim();
}

function tolerated(value: unknown): unknown {
  const whole = Array.isArray(value) ? { subgoals: value } : camelKeys(value);
  if (!isRecord(whole) || !Array.isArray(whole.subgoals)) return whole;
  return { ...whole, subgoals: whole.subgoals.map(toleratedSubgoal) };
}

function toleratedSubgoal(value: unknown): unknown {
  const given = camelKeys(value);
  if (!isRecord(given)) return given;
  const { description, assignedAgent, suggestedAgent, matchQuality, idealAgentDesc, isCritical, sourceFile, ...rest } =
    given;
  const ideal =
    typeof rest.idealAgent === 'string'
      ? { name: rest.idealAgent, description: idealAgentDesc ?? '' }
      : camelKeys(rest.idealAgent);
  return {
    ...rest,
    prompt: rest.prompt ?? description,
    agent: rest.agent ?? assignedAgent ?? suggestedAgent,
    match: rest.match ?? matchQuality,
    idealAgent: ideal,
    critical: rest.critical ?? isCritical,
    files: rest.files ?? (typeof sourceFile === 'string' ? [sourceFile] : undefined),
  };
}

function camelKeys(value: unknown): unknown {
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.replace(/(?<!_)_+([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      inner,
    ]),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
