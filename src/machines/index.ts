export type { EngineInput, EngineLogic } from '../actors/engine.ts';
export { engine } from '../actors/engine.ts';
export { executor } from '../actors/executor.ts';
export type {
  AssessInput,
  DecomposeInput,
  RetrieveInput,
  RouteInput,
  SynthesizeInput,
} from '../phases/types.ts';
export type { Assessment, Decomposition, Retrieval, Routing, Synthesis } from '../run/phase-outputs.ts';
export type { TaskReport } from '../run/task-report.ts';
export type { RosterCommand, RosterReport } from '../xstate/roster.ts';
export { createRoster } from '../xstate/roster.ts';
export { sleepUntil } from '../xstate/sleep-until.ts';
export type { BreakerEvent } from './breaker/events.ts';
export { type BreakerInput, breakerMachine } from './breaker/machine.ts';
export type { CollectEvent, CollectInput, CollectOutput } from './collect/events.ts';
export { collectMachine } from './collect/machine.ts';
export type { GateEvent } from './gate/events.ts';
export { type GateInput, gateMachine } from './gate/machine.ts';
export type { SoarEvent, SoarInput, SoarOutput } from './soar/events.ts';
export { soarMachine } from './soar/machine.ts';
export type { TaskAloneInput } from './task/alone.ts';
export type { TaskEvent, TaskInput } from './task/events.ts';
export { taskMachine } from './task/machine.ts';
export type { WaveAloneInput } from './wave/alone.ts';
export type { WaveEvent, WaveInput, WaveOutput } from './wave/events.ts';
export { waveMachine } from './wave/machine.ts';
