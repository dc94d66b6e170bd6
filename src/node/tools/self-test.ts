import { randomUUID } from 'node:crypto';
import { elapsedMs } from '../../base/clock.ts';
import type { Agent, AgentControls } from '../../types/agent.ts';
import type { Usage } from '../../types/usage.ts';

/** Result of asking an agent one question. */
export interface SelfTest {
  ok: boolean;
  /** How its answer was read: from its events, or as plain text. */
  read: 'events' | 'text';
  /** The beginning of what it answered. */
  answer: string | null;
  /** Why there is no answer, as `kind: message`. */
  error: string | null;
  usage?: Usage;
  durationMs: number;
}

export const SELF_TEST_PROMPT = 'Answer with the word ready and nothing else. Use no tools and change nothing.';
export const SELF_TEST_TIMEOUT_MS = 120_000;
const ANSWER_CHARS = 80;
const KILL_GRACE_MS = 5000;

/**
 * Asks an agent for one word, in earnest: it costs what a short question costs. Reports whether it starts, is logged in, answers, and
 * whether its answer could be read from its events.
 */
export async function selfTest(agent: Agent, { timeoutMs = SELF_TEST_TIMEOUT_MS } = {}): Promise<SelfTest> {
  const startedAt = Date.now();
  let hasSession = false;
  const controls: AgentControls = {
    signal: AbortSignal.timeout(timeoutMs),
    killGraceMs: KILL_GRACE_MS,
    heartbeat() {},
    output() {},
    progress() {},
    suspect() {},
    conclude() {},
    session() {
      hasSession = true;
    },
  };
  const key = `self-test/${randomUUID()}`;
  const ids = { taskId: 'self-test', agentId: 'self-test', runId: key, attempt: 1, key };
  const request = { prompt: SELF_TEST_PROMPT, question: SELF_TEST_PROMPT, dependencies: {}, ...ids };
  const common = () => ({
    read: hasSession ? ('events' as const) : ('text' as const),
    durationMs: elapsedMs(startedAt, Date.now()),
  });
  try {
    const answer = await agent.run(request, controls);
    const { output, usage } = typeof answer === 'string' ? { output: answer, usage: undefined } : answer;
    const text = output.trim().slice(0, ANSWER_CHARS);
    const ok = text !== '';
    const used = usage ? { usage } : {};
    return { ok, answer: ok ? text : null, error: ok ? null : 'empty: it answered nothing', ...used, ...common() };
  } catch (thrown) {
    const { kind = 'internal', message } = thrown as { kind?: string; message?: string };
    const late = controls.signal.aborted ? `It did not answer within ${timeoutMs} ms` : (message ?? String(thrown));
    return { ok: false, answer: null, error: `${controls.signal.aborted ? 'timeout' : kind}: ${late}`, ...common() };
  }
}
