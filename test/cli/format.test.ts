import { expect, it } from 'vitest';
import { localTime } from '../../src/cli/format.ts';

it('a time is shown as a clock on the wall shows it, wherever that hangs', () => {
  expect(localTime(new Date(2026, 0, 2, 3, 4, 5).getTime())).toBe('2026-01-02 03:04:05');
  expect(localTime(new Date(2026, 10, 30, 23, 59, 59).getTime())).toBe('2026-11-30 23:59:59');
});
