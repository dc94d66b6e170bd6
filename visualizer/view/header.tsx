import { countOf } from '../model/kinds-at.ts';
import { KIND_GROUPS } from '../model/task-kind.ts';
import {
  connection,
  goToEnd,
  isDark,
  isHelpOpen,
  isLive,
  kinds,
  run,
  runId,
  runStatus,
  selection,
  seq,
  sourceName,
  theme,
  trace,
} from '../state.ts';
import { IconButton, KindIcon } from './icons.tsx';

const NEXT_THEME = { auto: 'light', light: 'dark', dark: 'auto' } as const;
const THEME_GLYPH = { auto: 'auto', light: 'sun', dark: 'moon' } as const;

export function Header() {
  const { runs } = trace();
  const shown = run.value;
  const { counts, list } = kinds.value;
  const status = runStatus.value;
  const total = list.length;
  return (
    <header class="top">
      <span class="brand">
        <svg width="18" height="18" viewBox="0 0 16 16" aria-hidden="true">
          <path d="M2 12.5h3.2a2 2 0 0 0 2-2v-5a2 2 0 0 1 2-2H14" class="brand-line" />
          <path d="M11.5 1l2.5 2.5l-2.5 2.5" class="brand-line" />
          <circle cx="2.4" cy="12.5" r="1.9" class="brand-dot" />
        </svg>
        soar
      </span>
      <h1 class="clip" title={shown?.title || shown?.id}>
        {shown?.title || shown?.id || sourceName.value || 'No run yet'}
      </h1>
      {runs.length > 1 && (
        <label class="speed">
          <span class="sr-only">Run</span>
          <select
            value={shown?.id}
            onChange={({ currentTarget }) => {
              runId.value = currentTarget.value;
              selection.value = { task: null, actor: null };
            }}
          >
            {runs.map(({ id, title }) => (
              <option key={id} value={id}>
                {title || id}
              </option>
            ))}
          </select>
        </label>
      )}
      <span class={`pill s-${status}`} data-testid="run-status">
        {status}
      </span>
      <ul class="counts" aria-label="Tasks by state">
        {KIND_GROUPS.map(({ name, kind, kinds: group }) => {
          const count = countOf(kinds.value, group);
          return count === 0 ? null : (
            <li key={name} data-count={name}>
              <KindIcon kind={kind} />
              <b>{count.toLocaleString('en')}</b> {name}
            </li>
          );
        })}
      </ul>
      <progress class="sr-only" value={total - counts.pending} max={Math.max(1, total)} aria-label="Tasks begun" />
      <span class="spacer" />
      <Phases />
      <span class="by clip source" title={sourceName.value}>
        {sourceName.value}
      </span>
      {isLive.value ? (
        <button type="button" class="chip live" onClick={goToEnd} title="Keep to the newest (L)">
          <i class="dot" />
          following
        </button>
      ) : (
        <span class="chip-like">{connection.value === 'lost' ? 'connection lost' : 'replay'}</span>
      )}
      <IconButton
        name={THEME_GLYPH[theme.value]}
        label={`Theme: ${theme.value}${theme.value === 'auto' ? ` (${isDark.value ? 'dark' : 'light'})` : ''}; switch (T)`}
        onClick={switchTheme}
      />
      <IconButton name="help" label="Keys (?)" onClick={() => (isHelpOpen.value = true)} />
    </header>
  );
}

export function switchTheme(): void {
  theme.value = NEXT_THEME[theme.value];
}

/** The phases of a run that began with a question. */
function Phases() {
  const phases = run.value?.phases.filter((record) => record.seq <= seq.value) ?? [];
  const names = [...new Set(phases.map(({ phase }) => phase))];
  if (names.length === 0) return null;
  return (
    <ol class="phases" aria-label="Phases">
      {names.map((name) => {
        const isDone = phases.some(({ type, phase }) => type === 'phase.completed' && phase === name);
        return (
          <li key={name} class={isDone ? 'is-done' : 'is-current'}>
            {isDone ? '✓ ' : '• '}
            {name}
          </li>
        );
      })}
    </ol>
  );
}
