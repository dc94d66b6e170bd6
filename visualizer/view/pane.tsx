import type { ComponentChildren } from 'preact';
import { maximised } from '../state.ts';
import { IconButton } from './icons.tsx';

/** A linked view, with its name and its controls. */
export function Pane({
  id,
  title,
  name,
  note,
  controls,
  children,
}: {
  id: string;
  title: ComponentChildren;
  /** Its accessible name, where its title is more than words. */
  name?: string;
  note?: ComponentChildren;
  controls?: ComponentChildren;
  children: ComponentChildren;
}) {
  const isLarge = maximised.value === id;
  const isHidden = maximised.value !== null && !isLarge;
  return (
    <section
      class={`pane pane-${id}${isLarge ? ' is-large' : ''}`}
      aria-label={name ?? String(title)}
      hidden={isHidden}
    >
      <header class="pane-head">
        {name === undefined ? <h2>{title}</h2> : title}
        {note && <span class="pane-note">{note}</span>}
        <div class="pane-controls">
          {controls}
          <IconButton
            name={isLarge ? 'shrink' : 'grow'}
            label={isLarge ? 'Show all panes' : 'Show this pane alone'}
            onClick={() => {
              maximised.value = isLarge ? null : id;
            }}
          />
        </div>
      </header>
      <div class="pane-body">{children}</div>
    </section>
  );
}
