/** Sources that are changed together, and the tests that must notice. Paths are relative to the project. */
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
    mutate: ['src/machines/task/logic.ts'],
    tests: [
      'test/machines/task*.test.ts',
      'test/machines/engine.test.ts',
      'test/model/task.test.ts',
      'test/conformance/conformance.test.ts',
    ],
  },
  breaker: {
    mutate: ['src/machines/breaker/{logic,restored}.ts'],
    tests: ['test/machines/breaker*.test.ts', 'test/model/breaker.test.ts', 'test/oracle/cockatiel.test.ts'],
  },
  gate: {
    mutate: ['src/machines/gate/{logic,lanes,pacing,accounts}.ts'],
    tests: ['test/machines/gate*.test.ts', 'test/machines/engine.test.ts', 'test/model/gate.test.ts'],
  },
  wave: {
    mutate: ['src/machines/wave/logic.ts'],
    tests: ['test/machines/wave.test.ts', 'test/model/wave.test.ts'],
  },
  collect: {
    mutate: ['src/machines/collect/{logic,steps,stops,book,conclude,metadata}.ts'],
    tests: [
      'test/machines/collect*.test.ts',
      'test/machines/wave.test.ts',
      'test/model/collect.test.ts',
      'test/conformance/conformance.test.ts',
    ],
  },
  soar: {
    mutate: ['src/machines/soar/logic.ts'],
    tests: ['test/machines/soar.test.ts', 'test/model/soar.test.ts', 'test/phases/*.test.ts'],
  },
};
