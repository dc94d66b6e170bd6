import { describe, expect, it } from 'vitest';
import { AgentError } from '../../src/errors/agent-error.ts';
import type { CollectOutput } from '../../src/machines/collect/events.ts';
import type { SoarContext, SoarInput } from '../../src/machines/soar/events.ts';
import {
  adopted,
  agentInfos,
  faultOf,
  foundBy,
  goesAsItIs,
  initialContext,
  phaseError,
  phaseRecord,
  resultOf,
  runOpened,
  scopeOf,
  summaryOf,
  timeoutReason,
} from '../../src/machines/soar/logic.ts';
import type { Synthesis } from '../../src/run/phase-outputs.ts';
import type { RunMetadata } from '../../src/run/result.ts';
import type { ResumedQuery } from '../../src/run/resumed.ts';
import type { AttemptRecord, TaskError } from '../../src/types/task.ts';
import { addressee, fakeServices } from '../model/fakes.ts';

const services = fakeServices();
const publish = () => {};
const NOTHING: SoarContext = { ...initialContext({ query: 'Why?', publish }, services, 100), runId: 'r' };

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
  const metadata = {
    succeeded: 2,
    totalTasks: 3,
    totalDurationMs: 1,
    rateLimits: [] as RunMetadata['rateLimits'],
  } as RunMetadata;
  return { status: 'partial', outcomes: [], metadata, error: null, ...changes };
}

const unpriced: AttemptRecord = {
  n: 1,
  agentId: 'a',
  key: 'r/t/1',
  startedAt: 0,
  endedAt: 1,
  result: 'succeeded',
  error: null,
  usage: { totalTokens: 5 },
};

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
      metadata: {
        succeeded: 2,
        totalTasks: 3,
        totalDurationMs: 50,
        breakers: {},
        rateLimits: [],
        phases: [],
        usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
      },
      query: 'Why?',
      complexity: 'medium',
      plan: { onDependencyFailure: 'proceed', ...FOUND.routing?.plan },
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

  it('is cancelled when it was asked to stop, but failed when it broke meanwhile', () => {
    const ended = (error: TaskError | null, how: 'done' | 'failed' | 'cancelled') =>
      resultOf({ ...FOUND, error }, how, 0).status;
    expect(ended(told, 'cancelled')).toBe('cancelled');
    expect(ended(null, 'cancelled')).toBe('cancelled');
    expect(ended(broken, 'cancelled')).toBe('failed');
    expect(ended(told, 'failed')).toBe('failed');
    expect(ended(broken, 'failed')).toBe('failed');
    expect(ended(null, 'failed')).toBe('partial');
    expect(resultOf(NOTHING, 'failed', 0).status).toBe('failed');
    expect(resultOf(NOTHING, 'done', 0).status).toBe('failed');
    expect(resultOf(NOTHING, 'planned', 0).status).toBe('succeeded');
    expect(resultOf({ ...NOTHING, error: broken }, 'planned', 0).status).toBe('failed');
  });

  it('has its own error before that of its tasks', () => {
    const collected = collectedWith({ error: told });
    expect(resultOf({ ...FOUND, collected }, 'done', 0).error).toBe(told);
    expect(resultOf({ ...FOUND, collected, error: broken }, 'done', 0).error).toBe(broken);
  });
});

describe('what a query used', () => {
  it('is what its tasks and its phases used together', () => {
    const phases = [
      { phase: 'assess' as const, by: 'x', calls: 1, attempts: 1, durationMs: 5, usage: { totalTokens: 7 } },
      { phase: 'retrieve' as const, by: 'offline', calls: 0, attempts: 0, durationMs: 5 },
    ];
    const collected = collectedWith({});
    const metadata = { ...collected.metadata, usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 } };
    const result = resultOf({ ...FOUND, phases, collected: { ...collected, metadata } }, 'done', 0);
    expect(result.metadata.usage).toEqual({ inputTokens: 1, outputTokens: 2, totalTokens: 10 });
    expect(result.metadata.phases).toEqual(phases);
  });
});

describe('a query that begins', () => {
  const { plan } = FOUND.routing as NonNullable<SoarContext['routing']>;
  const edited = { tasks: [{ id: 'b', prompt: 'b' }] };
  const resumed: ResumedQuery = {
    startedAt: 5,
    deadlineAt: 500,
    budgetAt: 300,
    phases: [{ phase: 'assess', by: 'x', calls: 1, attempts: 2, durationMs: 5 }],
    calls: { settled: new Map(), parked: new Map() },
    spent: { attempts: 2, tokens: 9, costUsd: 0 },
    lastStartAt: 90,
    assessment: FOUND.assessment,
    retrieval: FOUND.retrieval,
    decomposition: FOUND.decomposition,
    routing: FOUND.routing,
    approved: null,
    collect: {},
  };
  const begun = (input: Partial<SoarInput>) => initialContext({ query: 'Why?', ...input }, services, 100);

  it('has found nothing, and is bounded from now on', () => {
    expect(begun({})).toMatchObject({
      runId: 'run',
      startedAt: 100,
      bounds: { deadlineAt: null, budgetAt: null },
      phaseAt: 100,
      report: null,
      phases: [],
      assessment: null,
      retrieval: null,
      decomposition: null,
      routing: null,
      collected: null,
      synthesis: null,
      error: null,
    });
    const bounded = begun({ runId: 'r', settings: { timeoutMs: 50, budget: { timeMs: 20 } } });
    expect(bounded).toMatchObject({ runId: 'r', bounds: { deadlineAt: 150, budgetAt: 120 } });
  });

  it('reports once when what it used is of unknown cost, where that is bounded', () => {
    const warnings = (budget?: { costUsd: number }) => {
      const told: string[] = [];
      const context = begun({ settings: budget ? { budget } : {}, publish: ({ type }) => void told.push(type) });
      const ended = { type: 'attempt.ended', taskId: 't', ...unpriced } as const;
      for (let i = 0; i < 2; i += 1) context.publishCalls(ended, 0);
      return told.filter((type) => type === 'warning').length;
    };
    expect([warnings({ costUsd: 1 }), warnings()]).toEqual([1, 0]);
  });

  it('continues with what was found, by the bounds it had', () => {
    const context = begun({ resumed, settings: { timeoutMs: 50 } });
    const { startedAt, phases, assessment, retrieval, decomposition, routing } = resumed;
    expect(context).toMatchObject({ startedAt, phases, assessment, retrieval, decomposition, routing, phaseAt: 100 });
    expect(context.bounds).toMatchObject({ deadlineAt: 500, budgetAt: 300 });
  });

  it('continues with the plan that a person approved', () => {
    expect(begun({ resumed }).routing?.plan).toBe(plan);
    const matches = FOUND.routing?.matches;
    expect(begun({ resumed: { ...resumed, approved: edited } }).routing).toEqual({ matches, plan: edited });
    expect(begun({ resumed: { ...resumed, routing: null, approved: edited } }).routing).toEqual({
      matches: [],
      plan: edited,
    });
  });

  it('announces itself to the gate with its settings, and what was spent before', () => {
    const ref = addressee();
    expect(runOpened(begun({}), ref, 100)).toStrictEqual({
      type: 'run.opened',
      runId: 'run',
      maxConcurrent: null,
      staggerMs: null,
      budget: null,
      ref,
    });
    const settings = { maxConcurrent: 2, staggerMs: 9, budget: { tokens: 5, timeMs: 40 } };
    expect(runOpened(begun({ settings }), ref, 110)).toMatchObject({
      ...settings,
      budget: { tokens: 5, timeMs: 30 },
    });
    expect(runOpened(begun({ resumed }), ref, 110)).toMatchObject({
      budget: { timeMs: 190 },
      spent: resumed.spent,
      lastStartAt: 90,
    });
  });

  it('says after how long it was stopped by its timeout', () => {
    const { bounds } = begun({ settings: { timeoutMs: 50 } });
    const timedOut = (context: SoarContext) => timeoutReason(context, 170);
    expect(timedOut({ ...NOTHING, bounds })).toEqual({
      kind: 'timeout',
      message: 'The run did not finish within 50 ms.',
    });
    expect(timedOut(NOTHING).message).toBe('The run did not finish within 70 ms.');
  });
});

describe('what a phase gets to ask agents', () => {
  it('is its run, its query and its settings, and what it asked before', () => {
    const { publishCalls } = NOTHING;
    const scope = { phase: 'assess', runId: 'r', query: 'Why?', services, publish: publishCalls };
    expect(scopeOf(NOTHING, 'assess')).toStrictEqual({ ...scope, log: null, settings: {}, resumed: null });
    const calls = { settled: new Map(), parked: new Map() };
    const input = { query: 'Why?', log: {} as never, settings: { retries: 1 }, resumed: { calls } as never };
    expect(scopeOf({ ...NOTHING, input }, 'assess')).toStrictEqual({
      ...scope,
      log: input.log,
      settings: input.settings,
      resumed: calls,
    });
  });
});

describe('the record of a phase', () => {
  it('says how it was done, offline when it did not say, and nothing of collect', () => {
    const report = { by: 'x', calls: 2, attempts: 3, usage: { totalTokens: 7 }, note: 'It was hard.' };
    expect(phaseRecord('route', { ...NOTHING, report }, 130)).toEqual([{ phase: 'route', ...report, durationMs: 30 }]);
    expect(phaseRecord('route', NOTHING, 130)).toEqual([
      { phase: 'route', by: 'offline', calls: 0, attempts: 0, durationMs: 30 },
    ]);
    expect(phaseRecord('collect', { ...NOTHING, report }, 130)).toEqual([]);
  });
});

describe('the word of a person on a plan', () => {
  const edited = { tasks: [{ id: 'b', prompt: 'b', agent: 'a' }] };

  it('is heard when the plan as edited can be run', () => {
    expect(faultOf(NOTHING, { type: 'plan.approve' })).toBeNull();
    expect(faultOf(NOTHING, { type: 'plan.approve', plan: edited })).toBeNull();
    const plan = { tasks: [{ id: 'b', prompt: 'b', agent: 'nobody' }] };
    expect(faultOf(NOTHING, { type: 'plan.approve', plan })).toMatchObject({ kind: 'invalid_request' });
  });

  it('puts the edited plan in the place of the proposed one', () => {
    expect(adopted(FOUND, { type: 'plan.approve' })).toEqual({ edited: null });
    expect(adopted(FOUND, { type: 'plan.approve', plan: edited })).toEqual({
      routing: { matches: FOUND.routing?.matches, plan: edited },
      edited,
    });
    expect(adopted(NOTHING, { type: 'plan.approve', plan: edited }).routing).toEqual({ matches: [], plan: edited });
  });
});

describe('a query', () => {
  it('is put to an agent as it is when it is simple, where that is wanted', () => {
    const simple = { complexity: 'simple' as const, score: 1, confidence: 1, reasons: [] };
    const input = { query: 'Why?', decompose: 'unlessSimple' as const };
    expect(goesAsItIs(input, simple)).toBe(true);
    expect(goesAsItIs({ ...input, query: 'What is a lease? What is a permit?' }, simple)).toBe(false);
    expect(goesAsItIs(input, FOUND.assessment)).toBe(false);
    expect(goesAsItIs(input, null)).toBe(false);
    expect(goesAsItIs({ query: 'Why?' }, simple)).toBe(false);
    expect(goesAsItIs({ query: 'Why?', decompose: 'always' }, simple)).toBe(false);
  });
});
