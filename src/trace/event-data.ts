import type { EventObject } from 'xstate';
import { errorText, plain } from './plain.ts';
import type { Texts } from './texts.ts';

type Data = Record<string, unknown>;

/** Members that may hold a prompt, an answer or half of the run. */
const BODIES: ReadonlySet<string> = new Set(['prompt', 'output', 'text', 'query', 'answer', 'question', 'input']);
const LEFT_OUT: ReadonlySet<string> = new Set(['type', 'ref']);
const MOST_IDS = 20;

const idsOf = (tasks: readonly { id?: string; taskId?: string }[]): string[] =>
  tasks.slice(0, MOST_IDS).map(({ id, taskId }) => id ?? taskId ?? '');

/** Events with a large payload, recorded by their essential parts. */
const KNOWN: Readonly<Record<string, (event: never) => Data>> = {
  'child.start': ({ id }: { id: string }) => ({ id }),
  'child.done': ({ id }: { id: string }) => ({ id }),
  'child.send': ({ id, event }: { id: string; event: EventObject }) => ({ id, event: event.type }),
  'children.send': ({ event }: { event: EventObject }) => ({ event: event.type }),
  'attempt.start': ({ spec }: { spec: { attemptId: string; agent: { id: string } } }) => ({
    attemptId: spec.attemptId,
    agentId: spec.agent.id,
  }),
  'attempt.ended': ({ attemptId, result }: { attemptId: string; result: { status: string } }) => ({
    attemptId,
    result: result.status,
  }),
  'breaker.ensure': ({ agent, runId }: { agent: { id: string }; runId: string }) => ({ agentId: agent.id, runId }),
  'plan.approve': ({ plan, agents }: { plan?: unknown; agents?: ReadonlyMap<string, unknown> }) => ({
    plan,
    ...(agents && agents.size > 0 ? { agents: [...agents.keys()] } : {}),
  }),
  'start.request': ({ requestId, agent }: { requestId: string; agent: { id: string } }) => ({
    requestId,
    agentId: agent.id,
  }),
  'tasks.ready': ({ tasks }: { tasks: { id: string }[] }) => ({ tasks: idsOf(tasks), count: tasks.length }),
  'tasks.skip': ({ skips }: { skips: { taskId: string }[] }) => ({ tasks: idsOf(skips), count: skips.length }),
  'tasks.settled': ({ wave, reports }: { wave: number; reports: { outcome: { taskId: string } }[] }) => ({
    wave,
    tasks: idsOf(reports.map(({ outcome }) => outcome)),
    count: reports.length,
  }),
};

/** Form of an event in a full recording: small, plain, masked. */
export function eventData(event: EventObject, texts: Texts): Data | undefined {
  const { type } = event;
  if (type.startsWith('xstate.')) {
    return 'error' in event ? { error: errorText(event.error, texts.mask) } : undefined;
  }
  const known = Object.hasOwn(KNOWN, type) ? KNOWN[type] : undefined;
  if (known) {
    try {
      return plain(known(event as never), texts.mask) as Data;
    } catch {
      // An event of the same name and another form: recorded like any other.
    }
  }
  const data: Data = {};
  for (const key of Object.keys(event)) {
    if (LEFT_OUT.has(key)) continue;
    try {
      const value = (event as Data)[key];
      data[key] = typeof value === 'string' && BODIES.has(key) ? { chars: value.length } : value;
    } catch {
      data[key] = '[unreadable]';
    }
  }
  return Object.keys(data).length > 0 ? (plain(data, texts.mask) as Data) : undefined;
}
