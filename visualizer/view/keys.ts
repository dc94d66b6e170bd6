import { goToEnd, isHelpOpen, maximised, SPEEDS, seek, selection, speed, step, store, togglePlay } from '../state.ts';
import { tab } from './events-pane.tsx';
import { switchTheme } from './header.tsx';

const PANES = ['plan', 'chart', 'timeline', 'events', 'details', 'guards'];
const FOCUSABLE = '[tabindex="0"], input, .pane-body button, select';

function focusPane(id: string): void {
  if (maximised.value !== null && maximised.value !== id) maximised.value = id;
  requestAnimationFrame(() => {
    const body = document.querySelector(`.pane-${id} .pane-body`);
    const list = body?.querySelector<HTMLElement>(
      '[role="listbox"] [tabindex="0"], [role="listbox"][tabindex="0"], [role="tree"]',
    );
    (list ?? body?.querySelector<HTMLElement>(FOCUSABLE))?.focus();
  });
}

function changeSpeed(by: number): void {
  const place = SPEEDS.indexOf(speed.value as (typeof SPEEDS)[number]);
  speed.value = SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, place + by))] ?? 1;
}

const ACTIONS: Readonly<Record<string, () => void>> = {
  ' ': togglePlay,
  ',': () => step(-1),
  '.': () => step(1),
  Home: () => seek(store.value.startedAt),
  End: goToEnd,
  l: goToEnd,
  '[': () => changeSpeed(-1),
  ']': () => changeSpeed(1),
  m: () => {
    const pane = document.activeElement?.closest('.pane')?.className.match(/pane-(\w+)/)?.[1] ?? 'plan';
    maximised.value = maximised.value === null ? pane : null;
  },
  '/': () => {
    tab.value = 'events';
    if (maximised.value !== null) maximised.value = 'events';
    requestAnimationFrame(() => document.querySelector<HTMLElement>('.search')?.focus());
  },
  Escape: () => {
    if (maximised.value !== null) maximised.value = null;
    else selection.value = { task: null, actor: null };
  },
  t: switchTheme,
  '?': () => {
    isHelpOpen.value = true;
  },
  ...Object.fromEntries(PANES.map((id, index) => [String(index + 1), () => focusPane(id)])),
};

/** Keys that hold everywhere, except where text is written. */
export function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  // The signal follows when the browser reports the end of the dialog, a moment after its key.
  if (document.querySelector('dialog[open]')) return;
  const from = event.target as HTMLElement;
  const isWriting = from instanceof HTMLInputElement && from.type === 'search';
  if (isWriting) {
    if (event.key === 'Escape') from.blur();
    return;
  }
  // Buttons, sliders and selects use these themselves.
  if (event.key === ' ' && from instanceof HTMLButtonElement) return;
  if (from instanceof HTMLSelectElement && event.key !== 'Escape') return;
  const action = ACTIONS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!action) return;
  event.preventDefault();
  action();
}
