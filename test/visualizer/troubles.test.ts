import { describe, expect, test } from 'vitest';
import { hintFor, troublesOf } from '../../visualizer/model/troubles.ts';
import { questionTrace, recordPlan, stormTrace } from '../support/sample-traces.ts';
import { seqAfter, storeOf } from './traces.ts';

const storm = storeOf(await stormTrace());
const emittedAt = (seq: number) => troublesOf(storm.mishaps, 'sample', seq);

describe('what went wrong in a run', () => {
  test('is recognized by cause, with its agent, how often, and the tasks it was about', () => {
    const told = emittedAt(Number.POSITIVE_INFINITY).map(({ what, who, attempts, lost, tasks }) => ({
      ...{ what, who, attempts, lost },
      tasks: [...tasks],
    }));
    expect(told).toEqual([
      {
        ...{ what: 'connection', who: 'api', attempts: 5, lost: 0 },
        tasks: ['fetch-south', 'fetch-east', 'fetch-west'],
      },
      { what: 'rate_limited', who: 'metered', attempts: 1, lost: 0, tasks: ['rates'] },
      { what: 'breaker', who: 'api', attempts: 0, lost: 0, tasks: [] },
      { what: 'inference', who: 'model', attempts: 1, lost: 1, tasks: ['fetch-west'] },
      { what: 'invalid_request', who: 'metered', attempts: 1, lost: 0, tasks: ['clean-south'] },
      { what: 'empty', who: 'model', attempts: 1, lost: 1, tasks: ['clean-south'] },
    ]);
  });

  test('is what had gone wrong by the instant looked at', () => {
    expect(emittedAt(-1)).toEqual([]);
    const early = emittedAt(seqAfter(storm, 4000));
    expect(early.length).toBeGreaterThan(0);
    expect(early.length).toBeLessThan(emittedAt(storm.lastSeq).length);
    expect(early.every(({ at }) => at <= storm.startedAt + 4000)).toBe(true);
  });

  test('counts messages as one that differ by their figures alone', async () => {
    const ids = ['a', 'b', 'c'];
    const tasks = ids.map((id) => ({ id, prompt: id }));
    const script = Object.fromEntries(
      ids.map((id, n) => [id, [{ ms: 100, fail: 'exit' as const, message: `exit code ${n + 1}` }]]),
    );
    const store = storeOf(await recordPlan({ tasks }, { worker: script }, { policy: 'test' }));
    const [only, ...others] = troublesOf(store.mishaps, 'sample', store.lastSeq);
    expect(others).toEqual([]);
    expect(only).toMatchObject({ kind: 'failed', attempts: 3, lost: 3, message: 'exit code 1' });
  });

  test('blames no agent for tasks that were skipped', async () => {
    const tasks = [
      { id: 'first', prompt: '', agent: 'worker', critical: true },
      { id: 'second', prompt: '', agent: 'worker', dependsOn: ['first'] },
      { id: 'third', prompt: '', agent: 'other', dependsOn: ['first'] },
    ];
    const script = { first: [{ ms: 100, fail: 'auth' as const, message: 'no key' }] };
    const store = storeOf(await recordPlan({ tasks }, { worker: script, other: {} }, { policy: 'fastFail' }));
    const [cause, effect] = troublesOf(store.mishaps, 'sample', store.lastSeq);
    expect(cause).toMatchObject({ what: 'auth', who: 'worker', kind: 'failed', lost: 1 });
    expect(effect).toMatchObject({ what: 'dependency', who: '', kind: 'skipped', lost: 2 });
    expect(cause && hintFor(cause)).toMatch(/soar doctor/);
    expect(effect && hintFor(effect)).toBeNull();
  });

  test('has the calls of phases, too', async () => {
    const store = storeOf(await questionTrace());
    const told = troublesOf(store.mishaps, 'sample', store.lastSeq);
    expect(told.map(({ what, who, tasks }) => [what, who, ...tasks])).toEqual([
      ['rate_limited', 'model', 'phase:decompose'],
    ]);
  });
});
