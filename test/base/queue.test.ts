import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Queue } from '../../src/base/queue.ts';

describe('a queue', () => {
  it('gives what a list gives that is added to at its end and taken from at its beginning', () => {
    const step = fc.oneof({ weight: 3, arbitrary: fc.constant('add') }, { weight: 2, arbitrary: fc.constant('take') });
    const property = fc.property(fc.array(step, { maxLength: 400, size: 'max' }), (steps) => {
      const queue = new Queue<number>();
      const list: number[] = [];
      for (const [number, step] of [...steps, ...steps.map(() => 'take')].entries()) {
        if (step === 'take') expect(queue.take()).toBe(list.shift());
        else {
          queue.add(number);
          list.push(number);
        }
        expect([queue.size, queue.first]).toEqual([list.length, list[0]]);
      }
      expect([...queue]).toEqual(list);
    });
    fc.assert(property);
  });

  it('lists what waits, and nothing once it is cleared', () => {
    const queue = new Queue<string>();
    for (const value of ['a', 'b', 'c']) queue.add(value);
    queue.take();
    expect(JSON.stringify(queue)).toBe('["b","c"]');
    queue.clear();
    expect([queue.size, queue.take(), [...queue]]).toEqual([0, undefined, []]);
  });
});
