export { schedulerOf } from './clock-scheduler.ts';
export type { CoverageFigures, Share } from './coverage-report.ts';
export { type ActorGates, gatedActors } from './gated-actors.ts';
export { type GatedAgent, type GatedAttempt, gatedAgents } from './gated-agents.ts';
export { type Driven, drive, type EventDriver, type Harness } from './harness.ts';
export {
  type AnyCommand,
  type Command,
  type Invariant,
  type PropertyTestOptions,
  propertyTest,
} from './property-test.ts';
export { type RunRecord, recordRun } from './record-run.ts';
export { runPath } from './run-path.ts';
export { type TestPath, type TestPathsOptions, testPaths } from './test-paths.ts';
export {
  assertTrace,
  peakOf,
  statesOf,
  type TraceAssertion,
  type TraceMatchers,
  traceMatchers,
} from './trace-matchers.ts';
export { type CoverageOptions, type TransitionCoverage, transitionCoverage } from './transition-coverage.ts';
export { VirtualClock } from './virtual-clock.ts';
