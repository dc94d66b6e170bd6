import type { Complexity } from '../../run/result.ts';
import { DATA_RULE, dataBlock } from '../../text/data-block.ts';
import type { AgentInfo, DecomposeInput } from '../types.ts';
import { passageDigest } from './passage-digest.ts';
import { SUBGOAL_LIMITS } from './subgoal-limits.ts';

/** Agents that are named in a prompt; with more the list would be longer than the question. */
const MAX_AGENTS = 40;

interface Example {
  question: string;
  answer: object;
}

/** Worked examples; `reader` and `tester` are agents of the examples alone. */
export const DECOMPOSE_EXAMPLES: readonly Example[] = [
  {
    question: 'How are sessions stored, and is their clean-up tested?',
    answer: {
      goal: 'Explain how sessions are stored and whether their clean-up is tested',
      subgoals: [
        {
          id: 'session-storage',
          title: 'Where sessions are stored',
          prompt: 'Read how sessions are stored: which store, which fields, when they expire. Cite files and lines.',
          dependsOn: [],
          agent: 'reader',
          match: 'excellent',
        },
        {
          id: 'cleanup-tests',
          title: 'Tests of the clean-up',
          prompt: 'Find the tests of the clean-up of expired sessions and say which cases they leave out.',
          dependsOn: ['session-storage'],
          agent: 'tester',
          match: 'acceptable',
        },
      ],
    },
  },
  {
    question: 'Fix the token leak in the login service and make sure that it stays fixed',
    answer: {
      goal: 'Close the token leak in the login service for good',
      subgoals: [
        {
          id: 'find-leak',
          title: 'Where tokens leak',
          prompt: 'Find every place of the login service where a token can reach a log, an error or a URL. Cite lines.',
          dependsOn: [],
          agent: null,
          match: 'insufficient',
          idealAgent: { name: 'security-reviewer', description: 'Finds leaks of secrets in code and configuration' },
          critical: true,
        },
        {
          id: 'mend-leak',
          title: 'The mend',
          prompt: 'Propose the smallest change that closes each leak found, as a patch with its reasons.',
          dependsOn: ['find-leak'],
          agent: 'reader',
          match: 'acceptable',
        },
        {
          id: 'guard-leak',
          title: 'A test that keeps it closed',
          prompt: 'Write the tests that fail when one of the leaks found comes back.',
          dependsOn: ['find-leak'],
          agent: 'tester',
          match: 'excellent',
        },
      ],
    },
  },
];

/** How many worked examples a prompt carries. */
const EXAMPLES: Readonly<Record<Complexity, readonly number[]>> = Object.freeze({
  simple: [],
  medium: [0],
  complex: [0],
  critical: [0, 1],
});

const PREFERENCE: Readonly<Record<Complexity, string>> = Object.freeze({
  simple: 'One subgoal is usual.',
  medium: 'One or two are usual; one may build on the other.',
  complex: 'Let parts that need nothing of each other run side by side.',
  critical: 'Let parts run side by side, and let one check what another found.',
});

/** Asks for a decomposition as JSON. */
export function decomposePrompt({ query, complexity, passages, agents, feedback }: DecomposeInput): string {
  const { min, max } = SUBGOAL_LIMITS[complexity];
  const digest = passageDigest(passages, complexity);
  const examples = EXAMPLES[complexity].map((at) => DECOMPOSE_EXAMPLES[at]).filter((one) => one !== undefined);
  return [
    'Take a question apart into subgoals, each of which one agent can answer alone. Do not answer the question.',
    dataBlock('question', query.trim()),
    `The question is ${complexity}: give ${min} to ${max} subgoals, as few as cover all of it. ${PREFERENCE[complexity]} Each one costs the run of an agent. None that only sums the others up: that is done afterwards.`,
    `Agents:\n${agentLines(agents)}`,
    digest === ''
      ? 'Nothing was found for the question; the agents have to find out themselves.'
      : `What was found for the question. The agents get the passages that fit their subgoal.\n${digest}`,
    ...(feedback ? [`An earlier decomposition was refused:\n${dataBlock('feedback', feedback)}\nHeed it.`] : []),
    RULES,
    FORM,
    ...examples.map(
      ({ question, answer }) =>
        `Example, with agents \`reader\` and \`tester\`. Question: ${question}\n${JSON.stringify(answer)}`,
    ),
  ].join('\n\n');
}

const RULES = `Rules:
- \`prompt\` is all that the agent receives, beside the passages and the answers of its dependencies: say in it what to find out or do, about what, and in what form.
- \`id\` is a short word-with-hyphens of its own. \`dependsOn\` lists ids of this same answer, only where the result is needed; never numbers by position, no circles.
- \`agent\` is the id of an agent above. \`match\` says how well it fits: excellent, acceptable or insufficient. Where none fits, say insufficient and describe the \`idealAgent\` by name and description.
- \`critical\` is true only where nothing else makes sense when it fails.
- ${DATA_RULE}`;

const FORM = `Answer with one JSON object and nothing else:
{"goal": string, "subgoals": [{"id": string, "title": string, "prompt": string, "dependsOn": [id], "agent": id or null, "match": "excellent" | "acceptable" | "insufficient", "idealAgent": {"name": string, "description": string} or null, "critical": boolean, "capabilities": [word], "files": [path worth reading]}]}`;

function agentLines(agents: readonly AgentInfo[]): string {
  if (agents.length === 0) return '(none; describe an `idealAgent` for each subgoal)';
  const lines = agents.slice(0, MAX_AGENTS).map(({ id, kind, description, capabilities }) => {
    const good = capabilities.length > 0 ? ` Good at: ${capabilities.join(', ')}.` : '';
    return `- \`${id}\` (${kind}): ${description || 'no description.'}${good}`;
  });
  const rest = agents.length - MAX_AGENTS;
  return [...lines, ...(rest > 0 ? [`- and ${rest} more that are not listed`] : [])].join('\n');
}
