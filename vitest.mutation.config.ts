import { defineConfig } from 'vitest/config';

/** The tests that judge the pure logic: quick ones, without processes, bundles or browsers. */
export default defineConfig({
  test: {
    include: ['test/{plan,policy,errors,machines,conformance,property,model}/**/*.test.ts'],
    testTimeout: 30_000,
  },
});
