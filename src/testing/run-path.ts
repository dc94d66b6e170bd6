import type { AnyMachineSnapshot, AnyStateMachine, EventObject } from 'xstate';
import { differences } from './differences.ts';
import { labelOf } from './event-label.ts';
import { type Driven, drive, type Harness, perform, projectAll, receivedOf } from './harness.ts';
import { frozenCopy, stable } from './project.ts';
import type { TestPath } from './test-paths.ts';

/**
 * Drives a real, fresh actor along a path, with its invoked actors gated and on a virtual clock, and compares what its
 * snapshot projects to with what the path says, at the start and after every step.
 *
 * @param harness The one the path was made with, above all the same `project`.
 * @returns The actor as the path left it.
 * @throws At the first step where they differ, an event cannot be brought about or the invariant does not hold, naming the steps so
 *   far and each difference: `context.tries: expected 2, found 1`. What the machine or the invariant threw is the `cause`.
 * @example
 * const harness = { input: { query: '?' }, project: ({ value }) => value };
 * for (const path of testPaths(flow, harness)) await runPath(path, flow, { ...harness, inspect: coverage });
 */
export async function runPath<M extends AnyStateMachine>(
  path: TestPath,
  machine: M,
  harness: Harness<M> = {},
): Promise<Driven<M>> {
  const driven = drive(machine, harness);
  await driven.clock.advance(0);
  compare(path, driven, harness, 0, path.initial, []);
  check(path, driven, harness, 0, null);
  for (const [place, { event, state }] of path.steps.entries()) {
    const before = receivedOf(driven).length;
    try {
      await perform(driven, event, harness);
    } catch (cause) {
      throw fault('An event could not be brought about', path, place + 1, cause);
    }
    await driven.clock.advance(0);
    const unasked = receivedOf(driven).slice(before);
    if (unasked.includes(event.type)) unasked.splice(unasked.indexOf(event.type), 1);
    compare(path, driven, harness, place + 1, state, unasked);
    check(path, driven, harness, place + 1, event);
  }
  return driven;
}

function compare<M extends AnyStateMachine>(
  path: TestPath,
  { actor }: Driven<M>,
  { project = projectAll as never }: Harness<M>,
  count: number,
  expected: unknown,
  unasked: readonly string[],
): void {
  const snapshot = actor.getSnapshot() as AnyMachineSnapshot;
  const found = frozenCopy(project(snapshot as never));
  if (stable(found) === stable(expected)) return;
  const cause = snapshot.status === 'error' ? snapshot.error : undefined;
  const details = differences(expected, found);
  if (unasked.length > 0) details.push(`came of itself: ${unasked.join(', ')}`);
  throw fault('The actor is not where the model says', path, count, cause, details);
}

function check<M extends AnyStateMachine>(
  path: TestPath,
  driven: Driven<M>,
  { invariant }: Harness<M>,
  count: number,
  event: EventObject | null,
): void {
  try {
    invariant?.(driven, event);
  } catch (cause) {
    throw fault('The invariant does not hold', path, count, cause);
  }
}

function fault(
  what: string,
  { steps }: TestPath,
  count: number,
  cause: unknown,
  details: readonly string[] = [],
): Error {
  const events = steps.slice(0, count).map(({ event }) => labelOf(event));
  const where = `${what}, after ${count} of ${steps.length} steps: ${events.join(' → ') || 'at the start'}.`;
  const lines = cause === undefined ? details : [...details, cause instanceof Error ? cause.message : String(cause)];
  const options = cause === undefined ? {} : { cause };
  return new Error([where, ...lines.map((line) => `  ${line}`)].join('\n'), options);
}
