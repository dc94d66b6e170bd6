export type { EngineInput, EngineLogic } from '../actors/engine.ts';
export { engine } from '../actors/engine.ts';
export { executor } from '../actors/executor.ts';
export type {
  AssessInput,
  Assessment,
  DecomposeInput,
  Decomposition,
  Retrieval,
  RetrieveInput,
  RouteInput,
  Routing,
  Synthesis,
  SynthesizeInput,
} from '../actors/phases/types.ts';
export type { RosterCommand, RosterReport } from '../actors/roster.ts';
export { createRoster } from '../actors/roster.ts';
export { sleepUntil } from '../actors/sleep-until.ts';
export type { BreakerEvent } from './breaker/events.ts';
export { type BreakerInput, breakerMachine } from './breaker/machine.ts';
export type { CollectEvent, CollectInput, CollectOutput } from './collect/events.ts';
export { collectMachine } from './collect/machine.ts';
export type { GateEvent } from './gate/events.ts';
export { type GateInput, gateMachine } from './gate/machine.ts';
export type { SoarEvent, SoarInput, SoarOutput } from './soar/events.ts';
export { soarMachine } from './soar/machine.ts';
export type { TaskAloneInput } from './task/alone.ts';
export type { TaskEvent, TaskInput, TaskReport } from './task/events.ts';
export { taskMachine } from './task/machine.ts';
export type { WaveAloneInput } from './wave/alone.ts';
export type { WaveEvent, WaveInput, WaveOutput } from './wave/events.ts';
export { waveMachine } from './wave/machine.ts';
