import { describe, expect, it } from 'vitest';
import type { Synthesis } from '../../src/actors/phases/types.ts';
import { AgentError } from '../../src/errors/agent-error.ts';
import type { CollectOutput } from '../../src/machines/collect/events.ts';
import type { SoarContext } from '../../src/machines/soar/events.ts';
import { agentInfos, foundBy, phaseError, resultOf, summaryOf } from '../../src/machines/soar/logic.ts';
import type { RunMetadata, TaskError } from '../../src/types.ts';
import { fakeServices } from '../model/fakes.ts';

const NOTHING: SoarContext = {
  input: { query: 'Why?' },
  runId: 'r',
  services: fakeServices(),
  publish: () => {},
  startedAt: 100,
  assessment: null,
  retrieval: null,
  decomposition: null,
  routing: null,
  collected: null,
  synthesis: null,
  error: null,
};

const FOUND: SoarContext = {
  ...NOTHING,
  assessment: { complexity: 'medium', score: 15, confidence: 0.8, reasons: [] },
  retrieval: { passages: [], budget: 10, searched: 4, notes: ['one was too large'] },
  decomposition: {
    goal: 'Why?',
    subgoals: [{ id: 'a', title: 'A', prompt: 'a', dependsOn: [] }],
    notes: ['one was dropped'],
  },
  routing: {
    plan: { tasks: [{ id: 'a', prompt: 'a', agent: 'x' }] },
    matches: [
      { taskId: 'a', agentId: 'x', quality: 'excellent' },
      { taskId: 'b', agentId: 'y', quality: 'insufficient' },
    ],
  } as unknown as SoarContext['routing'],
  collected: collectedWith({}),
  synthesis: { answer: 'So.', confidence: 0.75, sources: [] } satisfies Synthesis,
};

function collectedWith(changes: Partial<CollectOutput>): CollectOutput {
  const metadata = { succeeded: 2, totalTasks: 3, totalDurationMs: 1 } as RunMetadata;
  return { status: 'partial', outcomes: [], metadata, error: null, ...changes };
}

const broken: TaskError = { kind: 'internal', message: 'broke', retryable: false };
const told: TaskError = { kind: 'cancelled', message: 'enough', retryable: false };

describe('the summary of a phase', () => {
  it('says in a line what it found', () => {
    expect(summaryOf('assess', FOUND)).toBe('medium (score 15)');
    expect(summaryOf('retrieve', FOUND)).toBe('0 passages from 4 files; one was too large');
    expect(summaryOf('decompose', FOUND)).toBe('1 subgoals; one was dropped');
    expect(summaryOf('route', FOUND)).toBe('a → x (excellent), b → y (insufficient)');
    expect(summaryOf('collect', FOUND)).toBe('2 of 3 succeeded');
    expect(summaryOf('synthesize', FOUND)).toBe('confidence 0.75');
  });

  it.each(['assess', 'retrieve', 'decompose', 'route', 'collect', 'synthesize'] as const)(
    'of %s is empty when it found nothing, or something unheard of',
    (phase) => {
      expect(summaryOf(phase, NOTHING)).toBe('');
      const odd = { get: null } as never;
      const strange = { ...NOTHING, retrieval: odd, decomposition: odd, routing: odd, collected: odd };
      if (phase !== 'assess' && phase !== 'synthesize') expect(summaryOf(phase, strange)).toBe('');
    },
  );
});

describe('what a journal keeps of a phase', () => {
  it('is what it found, and of collect nothing', () => {
    expect(foundBy('assess', FOUND)).toBe(FOUND.assessment);
    expect(foundBy('retrieve', FOUND)).toBe(FOUND.retrieval);
    expect(foundBy('decompose', FOUND)).toBe(FOUND.decomposition);
    expect(foundBy('route', FOUND)).toBe(FOUND.routing);
    expect(foundBy('collect', FOUND)).toBeNull();
    expect(foundBy('synthesize', FOUND)).toBe(FOUND.synthesis);
  });
});

describe('a phase that failed', () => {
  it('breaks the run with its name and kind, and without a retry', () => {
    expect(phaseError('route', new AgentError('connection', 'no net'), 0)).toEqual({
      kind: 'connection',
      message: 'Phase route failed: no net',
      retryable: false,
    });
  });
});

describe('what phases may know of the agents', () => {
  it('is how they present themselves, and nothing else', () => {
    const infos = agentInfos(fakeServices());
    expect(infos.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(infos[0]).not.toHaveProperty('run');
    expect(infos[0]).toMatchObject({ description: '', capabilities: [], kind: 'function' });
  });
});

describe('the result of a query', () => {
  it('has everything that was found', () => {
    expect(resultOf(FOUND, 'done', 150)).toEqual({
      status: 'partial',
      outcomes: [],
      metadata: { succeeded: 2, totalTasks: 3, totalDurationMs: 50 },
      query: 'Why?',
      complexity: 'medium',
      plan: FOUND.routing?.plan,
      answer: 'So.',
      confidence: 0.75,
      sources: [],
    });
  });

  it('has nothing that was not found, and counts of nothing', () => {
    const result = resultOf({ ...NOTHING, error: broken }, 'failed', 150);
    expect(Object.keys(result).sort()).toEqual(['error', 'metadata', 'outcomes', 'query', 'status']);
    expect(result).toMatchObject({ status: 'failed', outcomes: [], error: broken });
    expect(result.metadata).toMatchObject({
      totalTasks: 0,
      succeeded: 0,
      peakConcurrency: 0,
      breakers: {},
      totalDurationMs: 50,
    });
  });

  it('is cancelled when it was told to stop, but failed when it broke meanwhile', () => {
    const ended = (error: TaskError | null, how: 'done' | 'failed' | 'cancelled') =>
      resultOf({ ...FOUND, error }, how, 0).status;
    expect(ended(told, 'cancelled')).toBe('cancelled');
    expect(ended(null, 'cancelled')).toBe('cancelled');
    expect(ended(broken, 'cancelled')).toBe('failed');
    expect(ended(told, 'failed')).toBe('failed');
    expect(ended(broken, 'failed')).toBe('failed');
    expect(ended(null, 'failed')).toBe('partial');
    expect(resultOf(NOTHING, 'failed', 0).status).toBe('failed');
  });

  it('has its own error before that of its tasks', () => {
    const collected = collectedWith({ error: told });
    expect(resultOf({ ...FOUND, collected }, 'done', 0).error).toBe(told);
    expect(resultOf({ ...FOUND, collected, error: broken }, 'done', 0).error).toBe(broken);
  });
});
