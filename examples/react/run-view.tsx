/** @jsxImportSource react */
import type { RunHandle } from 'soar-machine';
import { useRun, useTasks } from 'soar-machine/react';

/** A run: its tasks with their states, its progress, and a button that cancels it. */
export function RunView({ run }: { run: RunHandle }) {
  const tasks = useTasks(run);
  const { progress, result } = useRun(run);
  return (
    <section aria-label={`Run ${run.id}`}>
      <ul>
        {Object.values(tasks).map(({ taskId, state, status, reason }) => (
          <li key={taskId}>
            {taskId}: {status ?? state}
            {reason && `, ${reason}`}
          </li>
        ))}
      </ul>
      {progress && (
        <>
          <progress aria-label="Tasks settled" max={progress.total || 1} value={progress.settled} />
          <p role="status">
            {progress.settled} of {progress.total} settled{result && `, ${result.status}`}
          </p>
        </>
      )}
      <button type="button" disabled={result !== null} onClick={() => run.cancel('Cancelled on the page.')}>
        Cancel
      </button>
    </section>
  );
}
