/**
 * Sources that are changed together, and the tests that must notice. Paths are relative to the project, those of `mutate`
 * without commas or braces.
 */
export interface Group {
  mutate: readonly string[];
  tests: readonly string[];
}

const PURE = ['test/{plan,policy,errors}/**/*.test.ts'];

/** Groups by name. The tests of a group are those that judge its sources and need no processes, bundles or browsers. */
export const GROUPS: Readonly<Record<string, Group>> = {
  policy: { mutate: ['src/policy/**/*.ts'], tests: PURE },
  plan: { mutate: ['src/plan/**/*.ts'], tests: PURE },
  task: {
    mutate: ['src/machines/task/logic.ts', 'src/machines/task/after-failure.ts'],
    tests: [
      'test/machines/task*.test.ts',
      'test/machines/half-open.test.ts',
      'test/machines/engine.test.ts',
      'test/conformance/conformance.test.ts',
    ],
  },
  breaker: {
    mutate: ['src/machines/breaker/logic.ts', 'src/machines/breaker/restored.ts'],
    tests: ['test/machines/breaker*.test.ts'],
  },
  gate: {
    mutate: [
      'src/machines/gate/logic.ts',
      'src/machines/gate/lanes.ts',
      'src/machines/gate/pacing.ts',
      'src/machines/gate/run-budgets.ts',
    ],
    tests: ['test/machines/gate*.test.ts', 'test/journal/paces.test.ts'],
  },
  wave: {
    mutate: ['src/machines/wave/logic.ts'],
    tests: ['test/machines/wave*.test.ts'],
  },
  collect: {
    mutate: [
      'src/machines/collect/logic.ts',
      'src/machines/collect/book.ts',
      'src/machines/collect/conclude.ts',
      'src/machines/collect/metadata.ts',
    ],
    tests: [
      'test/machines/collect*.test.ts',
      'test/machines/duplicate-tasks.test.ts',
      'test/conformance/conformance.test.ts',
    ],
  },
  scheduler: {
    mutate: ['src/machines/collect/scheduler.ts', 'src/machines/collect/stops.ts'],
    tests: ['test/machines/collect*.test.ts', 'test/machines/duplicate-tasks.test.ts', 'test/journal/resume.test.ts'],
  },
  replay: {
    mutate: ['src/journal/replay.ts', 'src/journal/clock-rollback.ts'],
    tests: ['test/journal/replay.test.ts', 'test/journal/resume.test.ts'],
  },
  errors: {
    mutate: ['src/errors/classify.ts', 'src/errors/to-task-error.ts'],
    tests: ['test/errors/*.test.ts'],
  },
  soar: {
    mutate: ['src/machines/soar/logic.ts'],
    tests: ['test/machines/soar*.test.ts'],
  },
};
