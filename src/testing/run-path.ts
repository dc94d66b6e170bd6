import type { AnyStateMachine, EventObject } from 'xstate';
import { differences } from './differences.ts';
import { type Driven, drive, type Harness, perform, projectAll } from './harness.ts';
import { frozenCopy, stable } from './project.ts';
import type { TestPath } from './test-paths.ts';

/**
 * Drives a real, fresh actor along a path, with its invoked actors gated and on a virtual clock, and compares what its
 * snapshot projects to with what the path says, at the start and after every step.
 *
 * @param harness The one the path was made with, above all the same `project`.
 * @returns The actor as the path left it.
 * @throws At the first step where they differ, naming it and each difference: `context.tries: expected 2, found 1`.
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
  compare(path, driven, harness, 0, path.initial);
  harness.invariant?.(driven, null);
  for (const [place, { event, state }] of path.steps.entries()) {
    await perform(driven, event, harness);
    await driven.clock.advance(0);
    compare(path, driven, harness, place + 1, state);
    harness.invariant?.(driven, event);
  }
  return driven;
}

function compare<M extends AnyStateMachine>(
  { steps }: TestPath,
  { actor }: Driven<M>,
  { project = projectAll as never }: Harness<M>,
  count: number,
  expected: unknown,
): void {
  const found = frozenCopy(project(actor.getSnapshot() as never));
  if (stable(found) === stable(expected)) return;
  const events: EventObject[] = steps.slice(0, count).map(({ event }) => event);
  throw new Error(
    [
      `The actor is not where the model says, after ${count} of ${steps.length} steps: ${events.map(({ type }) => type).join(' → ') || 'at the start'}.`,
      ...differences(expected, found).map((line) => `  ${line}`),
    ].join('\n'),
  );
}
