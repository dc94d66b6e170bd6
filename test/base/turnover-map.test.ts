import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TurnoverMap } from '../../src/base/turnover-map.ts';

describe('a turnover map', () => {
  it('holds what a map would hold, in the same order, whatever comes and goes', () => {
    const key = fc.integer({ min: 0, max: 40 });
    const command = fc.oneof(
      { weight: 30, arbitrary: fc.record({ do: fc.constant('set' as const), key }) },
      { weight: 30, arbitrary: fc.record({ do: fc.constant('delete' as const), key }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('clear' as const), key }) },
    );
    fc.assert(
      fc.property(fc.array(command, { minLength: 300, maxLength: 600 }), (commands) => {
        const ours = new TurnoverMap<number, number>();
        const theirs = new Map<number, number>();
        commands.forEach((one, at) => {
          if (one.do === 'set') {
            ours.set(one.key, at);
            theirs.set(one.key, at);
          } else if (one.do === 'delete') expect(ours.delete(one.key)).toBe(theirs.delete(one.key));
          else {
            ours.clear();
            theirs.clear();
          }
          expect([ours.size, ours.has(one.key), ours.get(one.key)]).toEqual([
            theirs.size,
            theirs.has(one.key),
            theirs.get(one.key),
          ]);
        });
        expect([...ours]).toEqual([...theirs]);
        expect([...ours.keys()]).toEqual([...theirs.keys()]);
        expect([...ours.values()]).toEqual([...theirs.values()]);
      }),
      { numRuns: 20 },
    );
  });

  it('continues with an iteration during which it is emptied', () => {
    const map = new TurnoverMap<number, string>();
    for (let n = 0; n < 200; n += 1) map.set(n, `${n}`);
    const seen: number[] = [];
    for (const n of map.keys()) {
      seen.push(n);
      map.delete(n);
    }
    expect(seen).toHaveLength(200);
    expect(map.size).toBe(0);
  });
});
