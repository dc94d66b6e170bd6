export { builtinAgents } from './agents/builtin.ts';
export { type Clock, systemClock } from './base/clock.ts';
export { createSoar } from './create-soar.ts';
export { AgentError, type AgentErrorOptions } from './errors/agent-error.ts';
export { type Issue, SoarError, type SoarErrorCode } from './errors/soar-error.ts';
export type { Journal } from './journal/journal.ts';
export { type MemoryJournal, memoryJournal } from './journal/memory-journal.ts';
export type { ObserveOptions } from './observe.ts';
export { modelPhases } from './phases/built-in/built-in.ts';
export type { ModelPhasesOptions } from './phases/built-in/model-phases.ts';
export type { PhaseAnswer, PhaseCall, PhaseControls } from './phases/controls.ts';
export type { Phases } from './phases/types.ts';
export { compilePlan, definePlan } from './plan/compile.ts';
export { parsePlanText } from './plan/parse.ts';
export { parsePlan } from './plan/plan.schema.ts';
export type * from './plan/types.ts';
export { retryDelayMs } from './policy/backoff.ts';
export type { Budget, Price } from './policy/budget.ts';
export type * from './policy/policy.ts';
export { POLICIES, resolvePolicy } from './policy/presets.ts';
export { deriveRunTimeoutMs } from './policy/run-timeout.ts';
export type { RunSummary } from './run/entries.ts';
export type { PhaseName, RunEvent } from './run/events.ts';
export type * from './run/result.ts';
export { TASK_STATES, type TaskState } from './run/task-states.ts';
export type { RunHandle } from './run-handle.ts';
export type { AskOptions, PlanOptions, ResumeOptions, RunOptions, Soar, SoarOptions } from './soar-types.ts';
export type { RunStream } from './streams/guarded.ts';
export type { RunProgress, WaveProgress } from './streams/progress.ts';
export type { Heartbeat } from './streams/run-streams.ts';
export type { TaskView, TaskViews } from './streams/task-views.ts';
export { createRecorder, type Recorder, type TraceOptions } from './trace/recorder.ts';
export { type IntervalState, intervalsOf, type TaskInterval } from './trace/replay/intervals.ts';
export { parseTrace } from './trace/replay/parse-trace.ts';
export { createReplay } from './trace/replay/replay.ts';
export type {
  ActorReplayState,
  Replay,
  ReplayState,
  RunReplayState,
  TaskReplayState,
} from './trace/replay/replay-state.ts';
export type { ActorTrack, Move, RunTrack, TaskTrack } from './trace/replay/tracks.ts';
export { ringSink } from './trace/ring-sink.ts';
export type { TraceMode, TraceSink } from './trace/sink.ts';
export { type StatelyInspectorOptions, statelyInspector } from './trace/stately/stately-browser.ts';
export type { TraceRecord } from './trace/trace.schema.ts';
export type * from './types/agent.ts';
export { ERROR_KINDS, type ErrorKind } from './types/error-kind.ts';
export type * from './types/passage.ts';
export type * from './types/task.ts';
export type * from './types/usage.ts';
