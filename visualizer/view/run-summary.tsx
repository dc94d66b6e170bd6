import { countOf } from '../model/kinds-at.ts';
import { spanText } from '../model/spans.ts';
import { KIND_GROUPS } from '../model/task-kind.ts';
import { usageText } from '../model/usage.ts';
import { kinds, run, runStatus, seq, trace, usage } from '../state.ts';
import { Block, Fact, Text } from './facts.tsx';
import { KindIcon } from './icons.tsx';
import { Troubles } from './troubles.tsx';

const counted = (count: number, what: string): string =>
  `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;

const STATUS_NOTES: Readonly<Record<string, string>> = {
  'cut off': 'The records end here, the run does not: they were copied while it continued, or its process was killed.',
  silent: 'Nothing has been recorded for more than ten minutes. If its process was killed, `soar resume` continues.',
};

/** Facts about the run, while nothing is selected. */
export function RunSummary() {
  const shown = run.value;
  const { log, damaged } = trace();
  if (!shown) return <p class="empty">The trace holds no run yet.</p>;
  const upTo = seq.value;
  const status = runStatus.value;
  const { plan, settled, stopping } = shown;
  const isOver = settled !== null && settled.seq <= upTo;
  const used = (isOver && settled.usage) || usage.value;
  return (
    <>
      <h3 class="subject">{shown.title || shown.id}</h3>
      <p class="status">
        {status !== 'running'
          ? status
          : stopping && stopping.seq <= upTo
            ? `stopping: ${stopping.reason}`
            : 'under way'}
      </p>
      {STATUS_NOTES[status] && <p class="by">{STATUS_NOTES[status]}</p>}
      <dl class="facts">
        <Fact name="Run">{shown.id}</Fact>
        {plan && (
          <Fact name="Plan">
            {`${counted(plan.tasks.length, 'task')}, ${counted(plan.waves.length, 'wave')}, schedule ${plan.schedule}`}
          </Fact>
        )}
        {plan && <Fact name="Time limit">{spanText(plan.timeoutMs)}</Fact>}
        {isOver && <Fact name="Took">{spanText(settled.durationMs)}</Fact>}
        {isOver && <Fact name="Critical path">{spanText(settled.criticalPathMs)}</Fact>}
        {used && <Fact name="Tokens">{usageText(used)}</Fact>}
        {isOver && <Fact name="Most at once">{settled.peakConcurrency}</Fact>}
        <Fact name="Records">{`${log.length.toLocaleString('en')}${damaged > 0 ? `, ${damaged} unreadable` : ''}`}</Fact>
      </dl>
      {isOver && settled.error && (
        <Block name="Error">
          <p class="error-line">
            <b>{settled.error.kind}</b> {settled.error.message}
          </p>
        </Block>
      )}
      <Troubles />
      <Block name="Tasks">
        <ul class="tallies">
          {KIND_GROUPS.map(({ name, kind, kinds: group }) => (
            <li key={name}>
              <KindIcon kind={kind} />
              <span>{name}</span>
              <b>{countOf(kinds.value, group).toLocaleString('en')}</b>
            </li>
          ))}
        </ul>
      </Block>
      {isOver && settled.answer && (
        <Block name="Answer">
          <Text of={settled.answer} />
        </Block>
      )}
      {shown.query && (
        <Block name="Question">
          <Text of={shown.query} />
        </Block>
      )}
      <p class="by">Select a task to see its prompt, its attempts and its output.</p>
    </>
  );
}
