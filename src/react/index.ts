import { useCallback, useRef, useSyncExternalStore } from 'react';
import type { RunResult } from '../run/result.ts';
import type { RunHandle } from '../run-handle.ts';
import type { RunProgress } from '../streams/progress.ts';
import type { TaskView, TaskViews } from '../streams/task-views.ts';

export type { RunProgress, RunResult, TaskView, TaskViews };

/** A run as a component shows it. */
export interface RunState {
  /** Null until the first event, and without a run. */
  progress: RunProgress | null;
  /** Null until the run has settled. */
  result: RunResult | null;
}

const NO_TASKS: TaskViews = Object.freeze({});
const NOT_STARTED: RunState = Object.freeze({ progress: null, result: null });

/**
 * The tasks of a run by id, at most twenty states a second. The same object until a task changes.
 *
 * Works with React 18 and 19, in `StrictMode`, and for runs that have ended: their last state stays.
 *
 * @param run The handle of `soar.run` or `soar.ask`; null for none yet. Keep it in a state or a ref, outside of rendering.
 * @example
 * function Tasks({ run }: { run: RunHandle | null }) {
 *   const tasks = useTasks(run);
 *   return <ul>{Object.values(tasks).map((task) => <li key={task.taskId}>{task.taskId}: {task.state}</li>)}</ul>;
 * }
 */
export function useTasks(run: RunHandle | null): TaskViews {
  const subscribe = useCallback(
    (onChange: () => void) => {
      const subscription = run?.tasks$.subscribe(onChange);
      return () => subscription?.unsubscribe();
    },
    [run],
  );
  const read = () => run?.snapshot() ?? NO_TASKS;
  return useSyncExternalStore(subscribe, read, read);
}

/**
 * The progress of a run, and its result once it has settled.
 *
 * @param run The handle of `soar.run` or `soar.ask`; null for none yet.
 * @example
 * const { progress, result } = useRun(run);
 * return <p>{result?.status ?? `${progress?.settled ?? 0} of ${progress?.total ?? 0} done`}</p>;
 */
export function useRun(run: RunHandle | null): RunState {
  const held = useRef<{ run: RunHandle | null; state: RunState }>({ run: null, state: NOT_STARTED });
  if (held.current.run !== run) held.current = { run, state: NOT_STARTED };
  const subscribe = useCallback(
    (onChange: () => void) => {
      if (!run) return () => {};
      let isGone = false;
      const change = (changes: Partial<RunState>) => {
        if (isGone || held.current.run !== run) return;
        held.current = { run, state: { ...held.current.state, ...changes } };
        onChange();
      };
      const subscription = run.progress$.subscribe((progress) => change({ progress }));
      run.result.then((result) => change({ result }));
      return () => {
        isGone = true;
        subscription.unsubscribe();
      };
    },
    [run],
  );
  const read = () => held.current.state;
  return useSyncExternalStore(subscribe, read, read);
}
