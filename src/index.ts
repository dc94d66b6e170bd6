export type { PhaseAnswer, PhaseCall, PhaseControls } from './actors/phases/controls.ts';
export { type ModelPhasesOptions, modelPhases } from './actors/phases/model-phases.ts';
export type { Phases } from './actors/phases/types.ts';
export { builtinAgents } from './agents/builtin.ts';
export { type Clock, systemClock } from './clock.ts';
export {
  type AskOptions,
  createSoar,
  type PlanOptions,
  type ResumeOptions,
  type RunOptions,
  type Soar,
  type SoarOptions,
} from './create-soar.ts';
export { AgentError, type AgentErrorOptions } from './errors/agent-error.ts';
export { ERROR_KINDS, type ErrorKind } from './errors/error-kind.ts';
export { type Issue, SoarError, type SoarErrorCode } from './errors/soar-error.ts';
export type { RunSummary } from './journal/entries.ts';
export type { Journal } from './journal/journal.ts';
export { type MemoryJournal, memoryJournal } from './journal/memory-journal.ts';
export type { ObserveOptions } from './observe.ts';
export { compilePlan, definePlan } from './plan/compile.ts';
export { parsePlanText } from './plan/parse.ts';
export { parsePlan } from './plan/plan.schema.ts';
export type * from './plan/types.ts';
export { retryDelayMs } from './policy/backoff.ts';
export type * from './policy/policy.ts';
export { POLICIES, resolvePolicy } from './policy/presets.ts';
export { deriveRunTimeoutMs } from './policy/run-timeout.ts';
export type { RunHandle } from './run-handle.ts';
export type { PhaseName, RunEvent } from './streams/events.ts';
export type { RunProgress, WaveProgress } from './streams/progress.ts';
export type { Heartbeat } from './streams/run-streams.ts';
export { createRecorder, type Recorder, type TraceOptions } from './trace/recorder.ts';
export { ringSink } from './trace/ring-sink.ts';
export type { TraceMode, TraceSink } from './trace/sink.ts';
export { type StatelyInspectorOptions, statelyInspector } from './trace/stately-browser.ts';
export type { TraceRecord } from './trace/trace.schema.ts';
export type * from './types.ts';
