import { defineConfig } from 'vitest/config';
import './test/support/environment.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Only what hangs meets them: the slowest test has room for a machine that is ten times slower, and busy.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    // One for each core: most tests wait for processes and servers of their own.
    maxWorkers: '100%',
    restoreMocks: true,
  },
});
