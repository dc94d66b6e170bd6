import { defineConfig } from 'vitest/config';

/** The tests that judge the pure layers: quick, and without processes, bundles or browsers. */
export default defineConfig({
  test: {
    include: (process.env.MUTATION_TESTS ?? 'test/{plan,policy,errors}/**/*.test.ts').split(' '),
    testTimeout: 30_000,
  },
});
