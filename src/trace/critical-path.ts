import type { RunTrack, TaskTrack } from './tracks.ts';

/** The chain of tasks that decided how long a run took: from its last settlement back, each time to the last dependency. */
export function criticalPath(run: RunTrack): string[] {
  const byId = new Map(run.tasks.map((track) => [track.task, track]));
  const path: string[] = [];
  let last = latest(run.tasks);
  while (last) {
    path.push(last.task);
    byId.delete(last.task);
    last = latest(last.dependsOn.flatMap((id) => byId.get(id) ?? []));
  }
  return path.reverse();
}

function latest(tasks: readonly TaskTrack[]): TaskTrack | null {
  let found: TaskTrack | null = null;
  for (const track of tasks) {
    if (track.settled && (!found?.settled || track.settled.settledAt > found.settled.settledAt)) found = track;
  }
  return found;
}
