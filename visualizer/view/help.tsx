import { useEffect, useRef } from 'preact/hooks';
import { KIND_TEXTS, TASK_KINDS } from '../model/task-kind.ts';
import { isHelpOpen } from '../state.ts';
import { IconButton, KindIcon } from './icons.tsx';

export const KEYS: readonly { keys: string; what: string }[] = [
  { keys: 'Space', what: 'play or pause' },
  { keys: ', and .', what: 'one step back, one step on' },
  { keys: 'Home, End', what: 'to the beginning, to the end' },
  { keys: 'L', what: 'keep to the newest' },
  { keys: '[ and ]', what: 'slower, faster' },
  { keys: '1 – 6', what: 'to a pane: plan, statechart, timeline, events, details, gate' },
  { keys: 'M', what: 'show the pane in focus alone, or all of them' },
  { keys: 'Arrows', what: 'move inside a pane' },
  { keys: '/', what: 'filter the events' },
  { keys: 'Esc', what: 'clear the selection' },
  { keys: 'T', what: 'light, dark, as the system has it' },
  { keys: '?', what: 'this list' },
];

export function Help() {
  const dialog = useRef<HTMLDialogElement>(null);
  const isOpen = isHelpOpen.value;
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  return (
    <dialog ref={dialog} class="help" aria-label="Keys and signs" onClose={() => (isHelpOpen.value = false)}>
      <header>
        <h2>Keys and signs</h2>
        <IconButton name="close" label="Close" onClick={() => (isHelpOpen.value = false)} />
      </header>
      <div class="help-columns">
        <dl>
          {KEYS.map(({ keys, what }) => (
            <div key={keys}>
              <dt>
                <kbd>{keys}</kbd>
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
        <ul>
          {TASK_KINDS.map((kind) => (
            <li key={kind}>
              <KindIcon kind={kind} />
              {KIND_TEXTS[kind]}
            </li>
          ))}
        </ul>
      </div>
    </dialog>
  );
}
