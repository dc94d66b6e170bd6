import { expect, it } from 'vitest';
import { withoutRootCause } from '../../src/cli/root-cause.ts';

const failures = new Map([
  ['a', 'exited with code 3: no space left'],
  ['x', ''],
]);
const shown = (message: string, kind: 'dependency' | 'exit' = 'dependency') =>
  withoutRootCause({ kind, message, retryable: false }, (id) => failures.get(id));

it.each([
  ['dependency `a` failed: exited with code 3: no space left', 'dependency `a` failed'],
  ['Task `a` failed: exited with code 3: no space left', 'Task `a` failed'],
])('leaves the error of the root cause out: %s', (message, short) => {
  expect(shown(message)).toBe(short);
});

it.each([
  'dependency `b` failed: exited with code 3: no space left',
  'dependency `a` failed: something else',
  'dependency `x` failed: ',
  'exited with code 3: no space left',
  'dependency `a',
  '`',
])('leaves other messages as they are: %s', (message) => {
  expect(shown(message)).toBe(message);
});

it('leaves the errors of failed tasks as they are', () => {
  const message = 'Task `a` failed: exited with code 3: no space left';
  expect(shown(message, 'exit')).toBe(message);
});
