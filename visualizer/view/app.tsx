import { loadFault, maximised, trace } from '../state.ts';
import { ChartPane } from './chart-pane.tsx';
import { DetailsPane } from './details-pane.tsx';
import { EventsPane } from './events-pane.tsx';
import { GuardsPane } from './guards-pane.tsx';
import { Header } from './header.tsx';
import { Help } from './help.tsx';
import { PlanPane } from './plan-pane.tsx';
import { Scrubber } from './scrubber.tsx';
import { TimelinePane } from './timeline-pane.tsx';

export function App() {
  const { tooNew } = trace();
  const fault =
    loadFault.value !== null
      ? `The trace cannot be loaded: ${loadFault.value}`
      : tooNew !== null
        ? `The trace is of format ${tooNew}, which is later than this viewer. Update soar-machine to open it.`
        : null;
  if (fault !== null) {
    return (
      <main class="fault">
        <h1>soar</h1>
        <p role="alert">{fault}</p>
      </main>
    );
  }
  return (
    <>
      <Header />
      <main class={`panes${maximised.value === null ? '' : ' has-large'}`}>
        <PlanPane />
        <ChartPane />
        <TimelinePane />
        <EventsPane />
        <DetailsPane />
        <GuardsPane />
      </main>
      <Scrubber />
      <Help />
    </>
  );
}
