/** @jsxImportSource react */
import { useSelector } from '@xstate/react';
import { useMemo, useSyncExternalStore } from 'react';
import type { RunHandle, RunProgress } from 'soar-machine';

/** The latest progress of a run; null until there is any. */
export function useProgress(run: RunHandle): RunProgress | null {
  const store = useMemo(() => {
    let latest: RunProgress | null = null;
    const subscribe = (onChange: () => void) => {
      const subscription = run.progress$.subscribe((progress) => {
        latest = progress;
        onChange();
      });
      return () => subscription.unsubscribe();
    };
    return { subscribe, latest: () => latest };
  }, [run]);
  return useSyncExternalStore(store.subscribe, store.latest);
}

/** A run: the state its machine is in, and how far it is. */
export function RunView({ run }: { run: RunHandle }) {
  const state = useSelector(run.actor, (snapshot) => JSON.stringify(snapshot.value));
  const isOver = useSelector(run.actor, (snapshot) => snapshot.status !== 'active');
  const progress = useProgress(run);
  return (
    <section aria-label={`Run ${run.id}`}>
      <p>
        The machine is in <code>{state}</code>.
      </p>
      {progress && (
        <>
          <progress aria-label="Tasks settled" max={progress.total || 1} value={progress.settled} />
          <p role="status">
            {progress.settled} of {progress.total} settled{progress.status && `, ${progress.status}`}
          </p>
        </>
      )}
      <button type="button" disabled={isOver} onClick={() => run.cancel('Somebody clicked.')}>
        Cancel
      </button>
    </section>
  );
}
