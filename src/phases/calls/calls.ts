import type { Services } from '../../actors/services.ts';
import type { ResolvedAgent } from '../../agents/resolve.ts';
import type { TaskInput } from '../../machines/task/events.ts';
import { NO_PLAN } from '../../plan/no-plan.ts';
import type { Task } from '../../plan/types.ts';
import type { CallNotes, ResumedCalls, SettledCall } from '../../run/calls.ts';
import type { Publish } from '../../run/events.ts';
import type { RunLog } from '../../run/log.ts';
import { NO_ANSWER, NO_WAITS, type ParkedTask } from '../../run/parked-task.ts';
import type { PhaseRecord } from '../../run/result.ts';
import { COLLECT_SETTINGS, type CollectSettings, policiesOf } from '../../run/settings.ts';
import { NO_NOTES, type TaskReport } from '../../run/task-report.ts';
import type { PhaseAnswer, PhaseCall } from '../controls.ts';

/** Parts of a run that a phase's actor needs to ask agents. */
export interface PhaseScope {
  phase: PhaseRecord['phase'];
  runId: string;
  query: string;
  services: Services;
  publish: Publish;
  log: RunLog | null;
  settings: Partial<CollectSettings>;
  /** Earlier calls of the phase, in a resumed run. */
  resumed: ResumedCalls | null;
}

export function callNotes(calls: readonly Pick<SettledCall, 'agentId' | 'attempts' | 'rateLimits'>[]): CallNotes {
  const asked = calls.flatMap(({ agentId, attempts }) => [agentId, ...attempts.map((attempt) => attempt.agentId)]);
  return { agents: [...new Set(asked)], rateLimits: calls.flatMap(({ rateLimits = [] }) => rateLimits) };
}

/** Names a call among the tasks of its run: for gate, journal and trace it is one. */
export function callTaskId(phase: PhaseRecord['phase'], name: string): string {
  return name === phase || name.startsWith(`${phase}-`) ? `phase:${name}` : `phase:${phase}-${name}`;
}

/** Whether an agent can do what a phase asks: a command that was made for something else cannot. */
export function canThink({ kind, promptIsCode }: Pick<ResolvedAgent, 'kind' | 'promptIsCode'>): boolean {
  return (kind === 'model' || kind === 'cli') && !promptIsCode;
}

/** A call as a task of its own, that belongs to no wave. */
export function callTask(taskId: string, { prompt, agentId }: PhaseCall): Task {
  const spec = { id: taskId, prompt, agent: agentId };
  return { ...spec, index: -1, dependsOn: [], dependents: [], wave: 0, critical: false, spec };
}

/** Input of the task machine of a call. The run's fallback stands in for the agent when it can think, too. */
export function callInput(scope: PhaseScope, call: PhaseCall, agent: ResolvedAgent, now: number): TaskInput {
  const { services, runId, query, log, publish, phase } = scope;
  const settings = { ...COLLECT_SETTINGS, ...scope.settings };
  const task = callTask(callTaskId(phase, call.name), call);
  const fallback = settings.fallback === null ? null : (services.agents.get(settings.fallback) ?? null);
  const resumed = resumedCall(scope.resumed, task.id);
  return {
    task,
    runId,
    agent,
    fallback: fallback && canThink(fallback) ? fallback : null,
    policy: policiesOf(NO_PLAN, settings)(task),
    prepared: { prompt: call.prompt, dependencies: {}, partialContext: false },
    readyAt: now,
    query,
    phase,
    services,
    log,
    publish: (news, at) => publish('taskId' in news ? { ...news, phase } : news, at),
    ...(resumed ? { resumed } : {}),
  };
}

/** Where an interrupted call stood; null when it had not begun. One that is asked anew keeps counting its attempts. */
export function resumedCall(resumed: ResumedCalls | null, taskId: string): ParkedTask | null {
  const parked = resumed?.parked.get(taskId);
  if (parked) return parked;
  const { attempts = [], rateLimits = [] } = resumed?.settled.get(taskId) ?? {};
  if (attempts.length === 0) return null;
  return {
    state: 'staggered',
    attempts,
    notes: { ...NO_NOTES, rateLimits },
    waits: NO_WAITS,
    error: null,
    answer: NO_ANSWER,
  };
}

/** The answer a resumed phase had before; null when it had none, or now asks something else. */
export function knownAnswer({ resumed, phase }: PhaseScope, call: PhaseCall): SettledCall | null {
  const known = resumed?.settled.get(callTaskId(phase, call.name));
  if (known?.status !== 'succeeded') return null;
  return known.prompt === call.prompt && known.agentId === call.agentId ? known : null;
}

export function settledCall(
  phase: PhaseRecord['phase'],
  { prompt, agentId }: PhaseCall,
  { outcome, notes: { rateLimits } }: TaskReport,
): SettledCall {
  const { taskId, status, output, data, error, attempts } = outcome;
  const limited = rateLimits.length > 0 ? { rateLimits } : {};
  const call = { phase, taskId, prompt, agentId, status, output, error, attempts, ...limited };
  return data === undefined ? call : { ...call, data };
}

export function answerOf({ output, data, attempts, agentId }: SettledCall): PhaseAnswer {
  const last = attempts.at(-1);
  return {
    output,
    agentId: last?.agentId ?? agentId,
    ...(data === undefined ? {} : { data }),
    ...(last?.usage ? { usage: last.usage } : {}),
  };
}
