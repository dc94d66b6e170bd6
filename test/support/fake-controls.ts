import type { AgentControls, AgentRequest } from '../../src/types/agent.ts';

export interface FakeControls extends AgentControls {
  /** Text passed to `output`, by stream. */
  readonly text: { stdout: string; stderr: string };
  /** Every call of `output`. */
  readonly chunks: readonly { text: string; stream: 'stdout' | 'stderr' }[];
  readonly suspicions: readonly Parameters<AgentControls['suspect']>[0][];
  readonly progressed: readonly Parameters<AgentControls['progress']>[0][];
  readonly heartbeats: number;
  /** Calls of `conclude`. */
  readonly conclusions: number;
  readonly sessions: readonly string[];
  abort(reason?: unknown): void;
  /** Resolves as soon as a stream's text so far contains `part`. */
  heard(part: string, stream?: 'stdout' | 'stderr'): Promise<void>;
}

/** Controls that record what an agent says. With `keepText: false` nothing is kept, for floods of output. */
export function fakeControls(options: { killGraceMs?: number; keepText?: boolean } = {}): FakeControls {
  const controller = new AbortController();
  const text = { stdout: '', stderr: '' };
  const chunks: { text: string; stream: 'stdout' | 'stderr' }[] = [];
  const suspicions: Parameters<AgentControls['suspect']>[0][] = [];
  const progressed: Parameters<AgentControls['progress']>[0][] = [];
  const sessions: string[] = [];
  const waiting = new Set<() => void>();
  let heartbeats = 0;
  let conclusions = 0;
  return {
    signal: controller.signal,
    killGraceMs: options.killGraceMs ?? 5000,
    heartbeat() {
      heartbeats++;
    },
    output(piece, stream = 'stdout') {
      if (options.keepText === false) return;
      text[stream] += piece;
      chunks.push({ text: piece, stream });
      for (const look of [...waiting]) look();
    },
    progress: (progress) => void progressed.push(progress),
    suspect: (suspicion) => void suspicions.push(suspicion),
    session: (id) => void sessions.push(id),
    conclude: () => void conclusions++,
    sessions,
    get conclusions() {
      return conclusions;
    },
    text,
    chunks,
    suspicions,
    progressed,
    get heartbeats() {
      return heartbeats;
    },
    abort: (reason) => controller.abort(reason),
    heard(part, stream = 'stdout') {
      return new Promise((resolve) => {
        const look = () => {
          if (!text[stream].includes(part)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      });
    },
  };
}

export function fakeRequest(overrides: Partial<AgentRequest> = {}): AgentRequest {
  const prompt = overrides.prompt ?? '';
  return {
    prompt,
    question: prompt,
    taskId: 'task',
    agentId: 'agent',
    runId: 'run',
    attempt: 1,
    key: 'run/task/1',
    dependencies: {},
    ...overrides,
  };
}
