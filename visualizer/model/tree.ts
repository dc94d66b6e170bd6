import { type ActorTrack, hasEnded, hasStarted } from '../../src/trace/replay/tracks.ts';

export interface TreeRow {
  actor: ActorTrack;
  /** 1-based. */
  level: number;
  hasChildren: boolean;
  isExpanded: boolean;
}

export interface TreeWishes {
  seq: number;
  /** Actors whose children are hidden. */
  collapsed: ReadonlySet<string>;
  /** Leaves out what has ended. */
  aliveOnly: boolean;
}

/** The actors that exist at an instant, as rows of a tree, parents first. */
export function treeRows(roots: readonly ActorTrack[], { seq, collapsed, aliveOnly }: TreeWishes): TreeRow[] {
  const rows: TreeRow[] = [];
  // A timer that has ended says nothing its parent's moves do not.
  const isShown = (actor: ActorTrack) =>
    hasStarted(actor, seq) && !(hasEnded(actor, seq) && (aliveOnly || actor.src === 'sleepUntil'));
  const visit = (actors: readonly ActorTrack[], level: number): void => {
    for (const actor of actors) {
      if (!isShown(actor)) continue;
      const hasChildren = actor.children.some(isShown);
      const isExpanded = hasChildren && !collapsed.has(actor.id);
      rows.push({ actor, level, hasChildren, isExpanded });
      if (isExpanded) visit(actor.children, level + 1);
    }
  };
  visit(roots, 1);
  return rows;
}
