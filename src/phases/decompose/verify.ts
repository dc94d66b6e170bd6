import { SoarError } from '../../errors/soar-error.ts';
import { CODE_AGENT } from '../../plan/check-plan.ts';
import { compilePlan } from '../../plan/compile.ts';
import type { Complexity } from '../../run/result.ts';
import { splitQuestions } from '../../text/questions.ts';
import { queryTerms, terms } from '../../text/terms.ts';
import type { AgentInfo } from '../types.ts';
import type { Proposal, ProposedSubgoal } from './decomposition.schema.ts';
import { SUBGOAL_LIMITS } from './subgoal-limits.ts';

/** Share of a question's words from which it counts as covered. */
const COVERED = 0.4;

/** Something found in a decomposition. */
export interface Finding {
  /** `too-few`, `empty-prompt`, `unknown-agent`, …, and those of `compilePlan`. */
  code: string;
  /** The subgoal it is about; null when it is about the whole. */
  subgoalId: string | null;
  /** A sentence to the author of the decomposition. */
  message: string;
}

export interface Verification {
  /** Without these it could not be run as it was meant. */
  issues: Finding[];
  /** Doubts for a person to judge. */
  concerns: Finding[];
}

export interface VerifyInput {
  query: string;
  complexity: Complexity;
  agents: readonly AgentInfo[];
  /** Ids of agents that run their prompt as code. Default: none. */
  codeAgents?: readonly string[];
}

/**
 * Checks a decomposition before anything of it is used: how many subgoals it has, that each asks something that no other
 * asks, that its dependencies are ids of other subgoals and go in no circle, and that its agents exist or can be made. Never
 * leaves out or mends anything: what has no issues is kept whole, what has some is not used.
 */
export function verify(proposal: Proposal, { query, complexity, agents, codeAgents = [] }: VerifyInput): Verification {
  const { subgoals } = proposal;
  return {
    issues: [...countIssues(subgoals.length, complexity), ...subgoals.flatMap(promptIssues), ...repeats(subgoals)]
      .concat(dependencyIssues(subgoals))
      .concat(subgoals.flatMap((subgoal) => agentIssues(subgoal, agents, codeAgents))),
    concerns: uncovered(query, subgoals),
  };
}

function countIssues(count: number, complexity: Complexity): Finding[] {
  const { min, max } = SUBGOAL_LIMITS[complexity];
  if (count >= min && count <= max) return [];
  const expected = min === max ? `${min}` : `${min} to ${max}`;
  const message = `Expected ${expected} subgoals for a ${complexity} question, got ${count}.`;
  return [{ code: count < min ? 'too-few' : 'too-many', subgoalId: null, message }];
}

function promptIssues({ id, prompt }: ProposedSubgoal): Finding[] {
  if (prompt.trim() !== '') return [];
  return [{ code: 'empty-prompt', subgoalId: id, message: `Subgoal \`${id}\` has an empty prompt.` }];
}

/** Subgoals that ask the same of the same agent, after the same others. */
function repeats(subgoals: readonly ProposedSubgoal[]): Finding[] {
  const seen = new Map<string, string>();
  return subgoals.flatMap(({ id, prompt, agent, idealAgent, dependsOn }) => {
    const words = prompt.toLowerCase().replace(/\s+/g, ' ').trim();
    if (words === '') return [];
    const asked = JSON.stringify([words, agent, idealAgent?.name, dependsOn.toSorted()]);
    const first = seen.get(asked);
    if (first === undefined) {
      seen.set(asked, id);
      return [];
    }
    return [{ code: 'repeated', subgoalId: id, message: `Subgoal \`${id}\` asks the same as \`${first}\`.` }];
  });
}

/** Faults of a plan of these subgoals: ids, dependencies, circles. */
function dependencyIssues(subgoals: readonly ProposedSubgoal[]): Finding[] {
  try {
    compilePlan({ tasks: subgoals.map(({ id, dependsOn }) => ({ id, prompt: '', dependsOn })) });
    return [];
  } catch (error) {
    if (!SoarError.isInstance(error)) throw error;
    return error.issues.map(({ code = 'invalid', taskId, message }) => ({
      code,
      subgoalId: taskId ?? null,
      message: message
        .replace(/^Task( id)? `/, 'Subgoal$1 `')
        .replace(/^Tasks /, 'Subgoals ')
        .replaceAll('tasks[', 'subgoals['),
    }));
  }
}

function agentIssues(
  { id, agent, match, idealAgent }: ProposedSubgoal,
  agents: readonly AgentInfo[],
  codeAgents: readonly string[],
): Finding[] {
  const refused = [agent, idealAgent?.name.replace(/^@/, '')].find((name) => name && codeAgents.includes(name));
  if (refused) {
    const message = `Subgoal \`${id}\` names agent \`${refused}\`, which ${CODE_AGENT}`;
    return [{ code: 'code-agent', subgoalId: id, message }];
  }
  const isKnown = agents.some((known) => known.id === agent);
  if (match !== 'insufficient' && (agent === null ? idealAgent === null : isKnown)) return [];
  if (idealAgent) {
    if (idealAgent.description.trim() !== '') return [];
    const message = `Subgoal \`${id}\` wants an agent \`${idealAgent.name}\` and does not say what that one does (\`idealAgent.description\`).`;
    return [{ code: 'undescribed-agent', subgoalId: id, message }];
  }
  if (agent !== null && !isKnown) {
    const known = agents.map((one) => `\`${one.id}\``).join(', ') || 'the agents: there are none';
    const message = `Subgoal \`${id}\` names agent \`${agent}\`, which is not one of ${known}; name one of them, or describe an \`idealAgent\`.`;
    return [{ code: 'unknown-agent', subgoalId: id, message }];
  }
  const message = `Subgoal \`${id}\` says that no agent fits (\`match\`: insufficient) and describes no \`idealAgent\`.`;
  return [{ code: 'no-ideal-agent', subgoalId: id, message }];
}

/** Parts of the question whose words hardly occur in any subgoal. */
function uncovered(query: string, subgoals: readonly ProposedSubgoal[]): Finding[] {
  const said = new Set(subgoals.flatMap(({ title, prompt }) => terms(`${title} ${prompt}`)));
  return splitQuestions(query).parts.flatMap(({ text, title }) => {
    const wanted = queryTerms(text);
    const share = wanted.filter((term) => said.has(term)).length / Math.max(1, wanted.length);
    if (wanted.length === 0 || share >= COVERED) return [];
    return [{ code: 'uncovered', subgoalId: null, message: `No subgoal seems to cover this part: ${title}` }];
  });
}
