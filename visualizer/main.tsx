import { effect } from '@preact/signals';
import { render } from 'preact';
import { load } from './load.ts';
import { keepPlace } from './place.ts';
import { isDark, isFollowing, isLive, run, systemIsDark, type Theme, theme } from './state.ts';
import { App } from './view/app.tsx';
import { onKey } from './view/keys.ts';

const THEME_KEY = 'soar-theme';

function remember(): void {
  const wish = matchMedia('(prefers-color-scheme: dark)');
  systemIsDark.value = wish.matches;
  wish.addEventListener('change', ({ matches }) => {
    systemIsDark.value = matches;
  });
  try {
    const kept = localStorage.getItem(THEME_KEY);
    if (kept === 'light' || kept === 'dark') theme.value = kept as Theme;
  } catch {
    // Files opened from disk may have no storage; the system's choice holds then.
  }
  effect(() => {
    document.documentElement.dataset.theme = isDark.value ? 'dark' : 'light';
    try {
      if (theme.value === 'auto') localStorage.removeItem(THEME_KEY);
      else localStorage.setItem(THEME_KEY, theme.value);
    } catch {
      // As above.
    }
  });
}

remember();
effect(() => {
  const shown = run.value;
  document.title = shown ? `${shown.title || shown.id} · soar` : 'soar';
  document.documentElement.dataset.live = String(isLive.value && isFollowing.value);
});
addEventListener('keydown', onKey);
const root = document.getElementById('app');
if (root) {
  render(<App />, root);
  load().finally(() => {
    keepPlace();
    document.documentElement.dataset.ready = 'true';
  });
}
