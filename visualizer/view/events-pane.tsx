import { signal } from '@preact/signals';
import { LogView } from './log-pane.tsx';
import { Pane } from './pane.tsx';
import { TreeView } from './tree-pane.tsx';

const TABS = [
  { id: 'events', name: 'Events' },
  { id: 'actors', name: 'Actors' },
] as const;

export const tab = signal<'events' | 'actors'>('events');

export function EventsPane() {
  const title = (
    <span class="tabs" role="tablist" aria-label="Events and actors">
      {TABS.map(({ id, name }) => (
        <button
          key={id}
          id={`tab-${id}`}
          type="button"
          role="tab"
          class="tab"
          aria-selected={tab.value === id}
          aria-controls="tab-panel"
          tabIndex={tab.value === id ? 0 : -1}
          onClick={() => {
            tab.value = id;
          }}
          onKeyDown={({ key }) => {
            if (key !== 'ArrowRight' && key !== 'ArrowLeft') return;
            tab.value = tab.value === 'events' ? 'actors' : 'events';
            document.getElementById(`tab-${tab.value}`)?.focus();
          }}
        >
          {name}
        </button>
      ))}
    </span>
  );
  return (
    <Pane id="events" name="Events and actors" title={title}>
      <div id="tab-panel" class="tab-panel" role="tabpanel" aria-labelledby={`tab-${tab.value}`}>
        {tab.value === 'events' ? <LogView /> : <TreeView />}
      </div>
    </Pane>
  );
}
