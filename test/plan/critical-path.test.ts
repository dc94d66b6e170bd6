import { describe, expect, it } from 'vitest';
import { criticalPath } from '../../src/plan/critical-path.ts';

const task = (id: string, ms: number, dependsOn: string[] = []) => ({ id, ms, dependsOn });
const pathOf = (...tasks: ReturnType<typeof task>[]) => criticalPath(tasks, ({ ms }) => ms);

describe('the critical path', () => {
  it('is the chain whose tasks took longest together', () => {
    expect(pathOf(task('a', 5), task('b', 9), task('c', 5, ['a']))).toEqual({ ids: ['a', 'c'], durationMs: 10 });
  });

  it('follows the slowest of several dependencies', () => {
    const path = pathOf(task('a', 1), task('b', 3), task('c', 2), task('d', 1, ['a', 'b', 'c']));
    expect(path).toEqual({ ids: ['b', 'd'], durationMs: 4 });
  });

  it('goes through tasks that took no time', () => {
    const path = pathOf(task('a', 1), task('b', 0, ['a']), task('c', 1, ['b']));
    expect(path).toEqual({ ids: ['a', 'b', 'c'], durationMs: 2 });
  });

  it('is empty when no task took time', () => {
    expect(pathOf()).toEqual({ ids: [], durationMs: 0 });
    expect(pathOf(task('a', 0))).toEqual({ ids: [], durationMs: 0 });
  });

  it('passes over dependencies that it has not seen', () => {
    expect(pathOf(task('a', 1, ['gone']))).toEqual({ ids: ['a'], durationMs: 1 });
  });
});
