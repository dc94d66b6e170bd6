import { effect } from '@preact/signals';
import { isFollowing, isPlaying, maximised, now, run, runId, seek, selection, trace } from './state.ts';

/** Pages write at most this often, milliseconds: browsers refuse more. */
const REST_MS = 250;

/** Present view, for the end of the page's address: run, task, pane, and the instant unless it is the newest. */
function placeNow(): string {
  const { runs, startedAt } = trace();
  const place = new URLSearchParams();
  if (runs.length > 1 && run.value) place.set('run', run.value.id);
  if (selection.value.task !== null) place.set('task', selection.value.task);
  if (maximised.value !== null) place.set('pane', maximised.value);
  if (!isFollowing.value) place.set('at', String(Math.round(now.value - startedAt)));
  return place.toString();
}

function goTo(hash: string): void {
  const place = new URLSearchParams(hash.replace(/^#/, ''));
  runId.value = place.get('run');
  selection.value = { task: place.get('task'), actor: null };
  const pane = place.get('pane');
  maximised.value = pane !== null && document.querySelector(`.pane-${CSS.escape(pane)}`) ? pane : null;
  const at = place.get('at');
  if (at !== null && /^\d+$/.test(at)) seek(trace().startedAt + Number(at));
}

/** From now on the page's address leads to what is looked at, so that it can be passed on; and the page goes where it leads. */
export function keepPlace(): void {
  if (location.hash !== '') goTo(location.hash);
  let written = location.hash.replace(/^#/, '');
  let timer: ReturnType<typeof setTimeout> | undefined;
  effect(() => {
    const place = placeNow();
    if (isPlaying.value) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (place === written) return;
      written = place;
      history.replaceState(null, '', place === '' ? location.pathname + location.search : `#${place}`);
    }, REST_MS);
  });
  addEventListener('hashchange', () => {
    written = location.hash.replace(/^#/, '');
    goTo(location.hash);
  });
}
