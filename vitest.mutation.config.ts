import { defineConfig } from 'vitest/config';
import './test/support/environment.ts';

/** The tests that judge the sources which `scripts/mutate.ts` has changed; it says which. */
export default defineConfig({
  test: {
    include: (process.env.MUTATION_TESTS ?? 'test/{plan,policy,errors}/**/*.test.ts').split(' '),
    setupFiles: ['test/support/fixed-seed.ts'],
    testTimeout: 30_000,
  },
});
