import type { ChartDefinition } from '../../src/trace/chart/chart.schema.ts';
import { type ActorTrack, hasEnded, lastAt, stateText } from '../../src/trace/replay/tracks.ts';
import { activeIds, eventName, possibleTransitions, transitionOf } from '../model/chart-graph.ts';
import { clockText } from '../model/spans.ts';
import { seekRecord, seq, trace } from '../state.ts';

/** A state's name that may continue in the next line after a dot. */
function breakable(name: string) {
  return name.split('.').flatMap((part, index) => (index === 0 ? [part] : ['.', <wbr key={part} />, part]));
}

/** Where the actor has been, newest first, and what may come next. */
export function Moves({ chart, actor, state }: { chart: ChartDefinition; actor: ActorTrack | null; state: string }) {
  const { log, startedAt } = trace();
  const upTo = actor ? lastAt(actor.moves, seq.value) : -1;
  const past = actor?.moves.slice(Math.max(0, upTo - 40), upTo + 1).reverse() ?? [];
  const next =
    actor && !hasEnded(actor, seq.value) ? possibleTransitions(chart, activeIds(chart, past[0]?.state ?? null)) : [];
  const goTo = (wanted: number) => seekRecord(log.findIndex((record) => record.seq === wanted));
  return (
    <section class="chart-side" tabIndex={0} aria-label="Moves of the selected actor">
      <p class="now-state" data-testid="chart-state">
        {breakable(state)}
      </p>
      {past.length > 0 && <h3>Moves</h3>}
      <ol class="moves">
        {past.map((move) => {
          const key = move.keys[0];
          const taken = key === undefined ? null : transitionOf(chart, key);
          return (
            <li key={move.seq}>
              <button type="button" onClick={() => goTo(move.seq)}>
                <span class="mono time">{clockText(move.at - startedAt)}</span>
                <span class="to">{breakable(stateText(move.state) || 'started')}</span>
                <span class="by">{taken?.label ?? (move.event === '' ? 'started' : eventName(move.event))}</span>
              </button>
            </li>
          );
        })}
      </ol>
      {next.length > 0 && <h3>May follow</h3>}
      <ul class="next">
        {next.map(({ key, label, to }) => (
          <li key={key}>
            <span class="by">{label}</span>
            {to !== '' && <span class="to"> → {to}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}
