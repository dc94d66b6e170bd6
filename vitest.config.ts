import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Only what hangs meets them: the slowest test has room for a machine that is ten times slower, and busy.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    // What is started says it in English, and does not complain first that a locale is not installed.
    env: { LC_ALL: 'C' },
    restoreMocks: true,
  },
});
