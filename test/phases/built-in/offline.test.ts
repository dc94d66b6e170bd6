import { describe, expect, it } from 'vitest';
import { builtinAgents as pageAgents } from '../../../src/agents/builtin.browser.ts';
import { builtinAgents } from '../../../src/agents/builtin.ts';
import {
  OFFLINE_PHASES as PAGE_PHASES,
  modelPhases as pageModelPhases,
} from '../../../src/phases/built-in/built-in.browser.ts';
import { modelPhases } from '../../../src/phases/built-in/model-phases.ts';
import { offlinePhases } from '../../../src/phases/built-in/offline.ts';
import type { PhaseCall } from '../../../src/phases/controls.ts';
import { createDocumentRetriever } from '../../../src/phases/retrieve/retrieve.ts';
import type { Phases } from '../../../src/phases/types.ts';
import type { TaskOutcome } from '../../../src/types/task.ts';
import { fakeControls, fakeRequest } from '../../support/fake-controls.ts';
import { phaseControls } from '../../support/phase-controls.ts';
import { failedOutcome, taskOutcome } from '../../support/task-outcome.ts';

const controls = phaseControls();
const documents = [
  {
    path: 'docs/retry.md',
    text: '# Retrying\n\nA task retries with backoff until its retries are used up.\n\n## Rate limits\n\nA rate-limited task cools down and spends no retry.',
  },
  {
    path: 'src/backoff.ts',
    text: '/** The backoff before the next retry of a task doubles each time. */\nexport function backoffMs() {}',
  },
  { path: 'src/breaker.ts', text: '/** An open breaker refuses the retry of a task. */\nexport class Breaker {}' },
];

/** Runs the phases one after the other, with the built-in agents in plan order. */
async function ask(query: string, phases: Phases, agents = builtinAgents()) {
  const infos = Object.entries(agents).map(([id, { description = '', capabilities = [] }]) => ({
    id,
    description,
    capabilities,
    kind: 'function',
  }));
  const { complexity } = await phases.assess({ query }, controls);
  const { passages, notes } = await phases.retrieve({ query, complexity }, controls);
  const decomposition = await phases.decompose({ query, complexity, passages, agents: infos }, controls);
  const { plan } = await phases.route(
    { query, decomposition, agents: infos, passages, fallback: null, defaultAgent: 'extract' },
    controls,
  );
  const outcomes: TaskOutcome[] = [];
  for (const task of plan.tasks) {
    const dependencies = Object.fromEntries(
      outcomes.filter(({ taskId }) => task.dependsOn?.includes(taskId)).map(({ taskId, output }) => [taskId, output]),
    );
    const agent = agents[task.agent as keyof typeof agents];
    const request = fakeRequest({ prompt: task.prompt, query, dependencies, passages: task.passages });
    outcomes.push(await outcomeOf(task.id, () => agent.run(request, fakeControls())));
  }
  return { plan, notes, ...(await phases.synthesize({ query, complexity, plan, outcomes, passages }, controls)) };
}

async function outcomeOf(taskId: string, run: () => unknown): Promise<TaskOutcome> {
  try {
    return taskOutcome(taskId, String(await run()));
  } catch (error) {
    const { kind, message } = error as { kind: 'not_found'; message: string };
    return failedOutcome(taskId, { error: { kind, message, retryable: false } });
  }
}

it('shows the passages of documents that match a question, with their places and without confidence', async () => {
  const { answer, sources, confidence, plan } = await ask(
    'How does a task retry?',
    offlinePhases({ retrieve: createDocumentRetriever(documents) }),
  );
  expect(answer).toContain('Retrying (docs/retry.md:1-3)\n    # Retrying');
  expect(sources.map(({ path }) => path)).toEqual(expect.arrayContaining(['docs/retry.md', 'src/backoff.ts']));
  expect(plan.tasks.map(({ agent }) => agent)).toEqual(['extract']);
  expect(confidence).toBeUndefined();
});

it('finds nothing for a question that the documents do not answer', async () => {
  const { answer, confidence } = await ask(
    'Why do glaciers calve?',
    offlinePhases({ retrieve: createDocumentRetriever(documents) }),
  );
  expect(answer).toMatch(/^Nothing was found\./);
  expect(confidence).toBeUndefined();
});

it('searches nothing by default, and says so', async () => {
  expect((await ask('How does a task retry?', offlinePhases())).notes).toEqual([
    'Nothing was searched: no retriever is configured.',
  ]);
});

describe('in a page, where they load themselves,', () => {
  it('phases and agents answer as they do elsewhere', async () => {
    const query = 'How does a task retry, and where is the backoff?';
    const retrieve = createDocumentRetriever(documents);
    const there = await ask(query, offlinePhases({ retrieve }));
    expect(await ask(query, { ...PAGE_PHASES, retrieve }, pageAgents())).toEqual(there);
    expect((await ask(query, PAGE_PHASES, pageAgents())).notes).toEqual((await ask(query, offlinePhases())).notes);
    for (const [id, { run, ...profile }] of Object.entries(builtinAgents())) {
      expect(pageAgents()[id as keyof ReturnType<typeof pageAgents>]).toMatchObject(profile);
    }
  });

  it('the phases of a model ask the same agent the same', async () => {
    const [asked, there] = [phaseControls({ assess: '{}' }), phaseControls({ assess: '{}' })];
    const input = { query: 'How does the breaker decide to open?' };
    const found = await pageModelPhases({ agentId: 'llm' }).assess(input, asked);
    expect(found).toEqual(await modelPhases({ agentId: 'llm' }).assess(input, there));
    const said = (calls: readonly PhaseCall[]) => calls.map(({ name, prompt, agentId }) => [name, prompt, agentId]);
    expect(said(asked.calls)).toEqual(said(there.calls));
    expect(asked.names).toContain('assess');
  });

  it('a phase that is cancelled meanwhile is not begun', async () => {
    const cancelled = phaseControls();
    const assessing = PAGE_PHASES.assess({ query: 'Why?' }, cancelled);
    cancelled.abort();
    await expect(assessing).rejects.toThrow();
  });
});
