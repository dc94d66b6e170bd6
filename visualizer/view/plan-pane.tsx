import { countOf, OVER } from '../model/kinds-at.ts';
import { MOST_GRAPH_TASKS } from '../model/wave-grid.ts';
import { kinds, run } from '../state.ts';
import { Pane } from './pane.tsx';
import { PlanGraph } from './plan-graph.tsx';
import { PlanGrid } from './plan-grid.tsx';

export function PlanPane() {
  const shown = run.value;
  const count = shown?.tasks.length ?? 0;
  const waves = shown?.plan?.waves.length ?? 0;
  const settled = countOf(kinds.value, OVER);
  const note =
    count > 0
      ? `${settled.toLocaleString('en')} of ${count.toLocaleString('en')} settled · ${waves} ${waves === 1 ? 'wave' : 'waves'}`
      : undefined;
  return (
    <Pane id="plan" title="Plan" note={note}>
      {!shown || count === 0 ? (
        <p class="empty">The plan appears here once it is compiled.</p>
      ) : count > MOST_GRAPH_TASKS ? (
        <PlanGrid run={shown} />
      ) : (
        <PlanGraph key={`${shown.id}/${count}`} run={shown} />
      )}
    </Pane>
  );
}
