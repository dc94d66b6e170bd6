import { clockText } from '../model/spans.ts';
import { hintFor, type Trouble } from '../model/troubles.ts';
import { seekRecord, selectTask, trace, troubles } from '../state.ts';
import { Block } from './facts.tsx';
import { GlyphIcon, KindIcon } from './icons.tsx';

const MOST_TROUBLES = 20;
const MOST_TASKS = 6;

/** Mishaps up to the present instant: why, since when, for whom, and what helps. */
export function Troubles() {
  const all = troubles.value;
  if (all.length === 0) return null;
  return (
    <Block name="What went wrong">
      <ol class="troubles">
        {all.slice(0, MOST_TROUBLES).map((trouble) => (
          <li key={trouble.seq}>
            <OneTrouble trouble={trouble} />
          </li>
        ))}
      </ol>
      {all.length > MOST_TROUBLES && <p class="by">and {all.length - MOST_TROUBLES} other kinds of trouble</p>}
    </Block>
  );
}

function OneTrouble({ trouble }: { trouble: Trouble }) {
  const { log, startedAt } = trace();
  const { kind, what, who, message, at, seq } = trouble;
  const tasks = [...trouble.tasks];
  const count = countText(trouble);
  const hint = hintFor(trouble);
  const goThere = () => {
    seekRecord(log.findIndex((record) => record.seq === seq));
    if (tasks[0] !== undefined) selectTask(tasks[0]);
  };
  return (
    <>
      <p class="trouble-head">
        {kind === null ? <GlyphIcon name="warning" /> : <KindIcon kind={kind} />}
        <b>{what}</b>
        {who !== '' && <span>{who}</span>}
        <button type="button" class="link mono" aria-label={`Go to ${clockText(at - startedAt)}`} onClick={goThere}>
          {clockText(at - startedAt)}
        </button>
      </p>
      <p class="trouble-text">{message}</p>
      {(count !== '' || tasks.length > 0) && (
        <p class="links by">
          {count !== '' && <span>{count}</span>}
          {tasks.slice(0, MOST_TASKS).map((id) => (
            <button key={id} type="button" class="link" onClick={() => selectTask(id)}>
              {id}
            </button>
          ))}
          {tasks.length > MOST_TASKS && <span>and {(tasks.length - MOST_TASKS).toLocaleString('en')} more</span>}
        </p>
      )}
      {hint !== null && <p class="by">{hint}</p>}
    </>
  );
}

function countText({ times, attempts, lost, kind }: Trouble): string {
  const parts = [
    attempts > 0 ? `${attempts.toLocaleString('en')} ${attempts === 1 ? 'attempt' : 'attempts'}` : null,
    lost > 0 ? `${lost.toLocaleString('en')} ${kind}` : null,
  ];
  const counts = parts.filter((part) => part !== null).join(', ');
  return counts === '' && times > 1 ? `${times.toLocaleString('en')} times` : counts;
}
