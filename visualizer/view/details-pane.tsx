import {
  type ActorTrack,
  hasEnded,
  hasStarted,
  moveAt,
  stateText,
  type TaskTrack,
} from '../../src/trace/replay/tracks.ts';
import type { TextRef } from '../../src/trace/trace.schema.ts';
import { barsOf } from '../model/segments.ts';
import { clockText, spanText } from '../model/spans.ts';
import { attemptsAt, cssName, KIND_TEXTS, kindAt, WORKING } from '../model/task-kind.ts';
import { usageText } from '../model/usage.ts';
import { now, path, run, selectActor, selectedActor, selectedTask, selectTask, seq, trace } from '../state.ts';
import { Block, Fact, Text } from './facts.tsx';
import { KindIcon } from './icons.tsx';
import { Pane } from './pane.tsx';
import { RunSummary } from './run-summary.tsx';

export function DetailsPane() {
  const task = selectedTask.value;
  const actor = selectedActor.value;
  return (
    <Pane
      id="details"
      title="Details"
      note={task ? (task.phase === null ? 'task' : 'call') : actor ? (actor.machine ?? 'actor') : 'run'}
    >
      <section class="details" tabIndex={0} aria-label="Details of the selection">
        {task ? <TaskDetails task={task} /> : actor ? <ActorDetails actor={actor} /> : <RunSummary />}
      </section>
    </Pane>
  );
}

function TaskDetails({ task }: { task: TaskTrack }) {
  const { startedAt } = trace();
  const upTo = seq.value;
  const kind = kindAt(task, upTo);
  const { actor } = task;
  const settled = task.settled && task.settled.seq <= upTo ? task.settled : null;
  const called = task.called && task.called.seq <= upTo ? task.called : null;
  const isThere = actor !== null && hasStarted(actor, upTo);
  const move = isThere ? moveAt(actor, upTo) : undefined;
  const request = isThere ? (actor.moves[0]?.data?.request as TextRef | undefined) : undefined;
  const attempts = attemptsAt(task, upTo);
  const waits = barsOf(task, now.value).filter(
    ({ kind, from, to }) => (kind === 'queued' || !WORKING.has(kind)) && to > from,
  );
  return (
    <>
      <h3 class="subject">
        <KindIcon kind={kind} size={16} />
        <span class="clip">{task.id}</span>
      </h3>
      <p class={`status k-${cssName(kind)}`}>
        {kind === 'held' && task.held ? task.held.reason : KIND_TEXTS[kind]}
        {(settled ?? called)?.via === 'cache' && ', from the cache'}
        {move?.until !== undefined &&
          !settled &&
          move.until > now.value &&
          ` · ${spanText(move.until - now.value)} left`}
      </p>
      <dl class="facts">
        <Fact name="Agent">{task.agentId}</Fact>
        {task.phase === null ? (
          <Fact name="Wave">{task.wave || '–'}</Fact>
        ) : (
          <Fact name="Asked by">phase {task.phase}</Fact>
        )}
        {isThere && <Fact name="Admitted">{clockText(actor.startedAt - startedAt)}</Fact>}
        {settled && <Fact name="Settled">{clockText(settled.settledAt - startedAt)}</Fact>}
        {settled && settled.startedAt !== null && (
          <Fact name="Took">{spanText(settled.settledAt - settled.startedAt)}</Fact>
        )}
        {settled && settled.queuedMs > 0 && <Fact name="Queued">{spanText(settled.queuedMs)}</Fact>}
        {waits.length > 0 && (
          <Fact name="Waits">
            {waits
              .map((bar) => `${bar.kind === 'queued' ? 'queued' : KIND_TEXTS[bar.kind]} ${spanText(bar.to - bar.from)}`)
              .join(', ')}
          </Fact>
        )}
        {(task.critical || path.value.has(task.id)) && (
          <Fact name="Marked">
            {[task.critical && 'critical task', path.value.has(task.id) && 'on the critical path']
              .filter(Boolean)
              .join(', ')}
          </Fact>
        )}
        {task.dependsOn.length > 0 && (
          <Fact name="After">
            <TaskLinks ids={task.dependsOn} />
          </Fact>
        )}
        {task.dependents.length > 0 && (
          <Fact name="Before">
            <TaskLinks ids={task.dependents} />
          </Fact>
        )}
      </dl>
      {settled?.error && (
        <Block name="Error">
          <p class="error-line">
            <b>{settled.error.kind}</b> {settled.error.message}
          </p>
        </Block>
      )}
      {attempts.length > 0 && (
        <Block name={`Attempts (${attempts.length})`}>
          <table class="attempts">
            <thead>
              <tr>
                <th scope="col">#</th>
                <th scope="col">Agent</th>
                <th scope="col">Start</th>
                <th scope="col">Took</th>
                <th scope="col">Result</th>
              </tr>
            </thead>
            <tbody>
              {attempts.map(({ n, agentId, startedAt: from, endedAt, result, error, usage }) => (
                <tr key={n} class={`result-${result}`}>
                  <td>{n}</td>
                  <td>{agentId}</td>
                  <td class="mono">{clockText(from - startedAt)}</td>
                  <td class="mono">{spanText((endedAt ?? now.value) - from)}</td>
                  <td>
                    {result}
                    {usage && <span class="attempt-note">{usageText(usage)}</span>}
                    {error && (
                      <span class="attempt-note">
                        {error.kind === result ? error.message : `${error.kind}: ${error.message}`}
                      </span>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Block>
      )}
      {settled?.output && (
        <Block name="Output">
          <Text of={settled.output} />
        </Block>
      )}
      {task.prompt && (
        <Block name="Prompt">
          <Text of={task.prompt} />
        </Block>
      )}
      {request && request.chars > (task.prompt?.chars ?? 0) && (
        <Block name={task.prompt ? 'Prompt with context' : 'Prompt'}>
          <Text of={request} />
        </Block>
      )}
    </>
  );
}

function ActorDetails({ actor }: { actor: ActorTrack }) {
  const { startedAt } = trace();
  const upTo = seq.value;
  const move = moveAt(actor, upTo);
  const isOver = hasEnded(actor, upTo);
  const data = { ...move?.data };
  return (
    <>
      <h3 class="subject">{actor.name}</h3>
      <p class="status">
        {hasStarted(actor, upTo)
          ? isOver
            ? `ended: ${actor.endStatus}`
            : stateText(move?.state ?? null) || 'active'
          : 'not started'}
      </p>
      <dl class="facts">
        <Fact name="Machine">{actor.machine ?? 'no machine'}</Fact>
        {actor.src && <Fact name="Logic">{actor.src}</Fact>}
        {actor.agentId && <Fact name="Agent">{actor.agentId}</Fact>}
        <Fact name="Started">{clockText(actor.startedAt - startedAt)}</Fact>
        {isOver && <Fact name="Ended">{clockText(actor.endedAt - startedAt)}</Fact>}
        {move && <Fact name="Since">{clockText(move.at - startedAt)}</Fact>}
        {move?.until !== undefined && !isOver && <Fact name="Until">{clockText(move.until - startedAt)}</Fact>}
        {actor.parent && (
          <Fact name="Parent">
            <button type="button" class="link" onClick={() => actor.parent && selectActor(actor.parent)}>
              {actor.parent.name}
            </button>
          </Fact>
        )}
      </dl>
      {Object.keys(data).length > 0 && (
        <Block name="Told with its last move">
          <dl class="facts">
            {Object.entries(data).map(([name, value]) => (
              <Fact key={name} name={name}>
                {typeof value === 'object' ? JSON.stringify(value) : String(value)}
              </Fact>
            ))}
          </dl>
        </Block>
      )}
      {actor.error && (
        <Block name="Error">
          <p class="error-line">{actor.error}</p>
        </Block>
      )}
    </>
  );
}

const MOST_LINKS = 24;

function TaskLinks({ ids }: { ids: readonly string[] }) {
  const tasks = run.value?.byId;
  return (
    <span class="links">
      {ids.slice(0, MOST_LINKS).map((id) => {
        const task = tasks?.get(id);
        return (
          <button key={id} type="button" class="link" onClick={() => selectTask(id)}>
            {task && <KindIcon kind={kindAt(task, seq.value)} size={11} />}
            {id}
          </button>
        );
      })}
      {ids.length > MOST_LINKS && <span class="by">and {ids.length - MOST_LINKS} more</span>}
    </span>
  );
}
