import type { PhaseAnswer, PhaseCall, PhaseControls } from '../../src/phases/controls.ts';

/** What an agent says to one call: its text, an error it fails with, or a function of the call. */
export type Scripted = string | Error | Partial<PhaseAnswer> | ((call: PhaseCall) => string);

export interface FakePhaseControls extends PhaseControls {
  readonly calls: readonly PhaseCall[];
  readonly notes: readonly string[];
  /** The agent that the phase reported for its work. */
  readonly doneBy: readonly string[];
  /** Names of the calls, in order. */
  readonly names: readonly string[];
  abort(): void;
}

/** Controls whose agent answers each call, by name, with what the script says; an unforeseen call fails. */
export function phaseControls(script: Readonly<Record<string, Scripted>> = {}): FakePhaseControls {
  const controller = new AbortController();
  const calls: PhaseCall[] = [];
  const notes: string[] = [];
  const doneBy: string[] = [];
  return {
    signal: controller.signal,
    calls,
    notes,
    doneBy,
    get names() {
      return calls.map(({ name }) => name);
    },
    async call(call) {
      calls.push(call);
      const said = script[call.name];
      if (said === undefined) throw new Error(`No answer to ${call.name} is scripted.`);
      if (said instanceof Error) throw said;
      const answer = typeof said === 'function' ? said(call) : said;
      return typeof answer === 'string'
        ? { output: answer, agentId: call.agentId }
        : { output: '', agentId: call.agentId, ...answer };
    },
    note(message, { by } = {}) {
      notes.push(message);
      if (by !== undefined) doneBy.push(by);
    },
    abort: () => controller.abort(new Error('stopped')),
  };
}
