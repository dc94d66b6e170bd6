import { SoarError } from '../errors/soar-error.ts';
import { formatPlanYaml } from '../plan/format-plan.ts';
import { parsePlanText } from '../plan/parse.ts';
import { withPlaces } from '../plan/reading.ts';
import type { Plan } from '../plan/types.ts';
import type { RunHandle } from '../run-handle.ts';
import { oneLine } from '../text/foreign-text.ts';
import { counted } from './format.ts';
import type { Progress } from './progress.ts';
import { tableLines } from './table.ts';
import { isTerminal, type Terminal, terminal } from './terminal.ts';

/** Decides whether a plan runs. */
export interface Approval {
  /** Shows the plan and asks, until there is a decision or the run is over. */
  consider(
    plan: Plan,
    handle: Pick<RunHandle, 'approve' | 'refuse' | 'interrupt' | 'cancel'>,
    progress: Progress,
  ): void;
  /** Withdraws the question. */
  close(): void;
}

const QUESTION = 'Run this plan? [y]es, [e]dit, [n]o: ';

/** The person at this terminal. Throws `usage` without a terminal; nothing has run then. */
export function terminalApproval(): Approval {
  if (!isTerminal()) {
    const message =
      'A plan is approved at a terminal, and stdin or stderr is not a terminal. Without one: `soar plan <query> -o plan.yaml`, look at it, `soar run plan.yaml`.';
    throw new SoarError('usage', message);
  }
  const over = new AbortController();
  return {
    consider(plan, handle, progress) {
      progress.pause();
      decide(plan, terminal(over.signal), handle)
        .then((isDecided) => {
          if (!isDecided && !over.signal.aborted) handle.interrupt('The plan was neither approved nor refused.');
        })
        .catch((error: unknown) => handle.cancel(`The plan could not be shown: ${String(error)}`))
        .finally(() => progress.resume());
    },
    close: () => over.abort(),
  };
}

/**
 * A conversation about a plan. The faults of an edited plan are shown, and the question is asked again.
 *
 * @returns false when there was no answer.
 */
export async function decide(
  proposed: Plan,
  { say, ask, edit, columns }: Terminal,
  handle: Pick<RunHandle, 'approve' | 'refuse'>,
): Promise<boolean> {
  let plan = proposed;
  let text: string | null = null;
  const show = () => planLines(plan, columns()).forEach(say);
  show();
  for (;;) {
    const answer = (await ask(QUESTION))?.trim().toLowerCase();
    if (answer === undefined) return false;
    try {
      if (answer === 'y' || answer === 'yes') {
        handle.approve(text === null ? undefined : parsed(text));
        return true;
      }
      if (answer === 'n' || answer === 'no') {
        handle.refuse('The plan was refused.');
        return true;
      }
      if (answer === 'e' || answer === 'edit') {
        text = await edit(text ?? formatPlanYaml(withPlaces(plan)));
        plan = parsed(text);
        show();
      } else {
        say('Answer y, e or n.');
      }
    } catch (error) {
      if (!SoarError.isInstance(error)) throw error;
      say(`${error.message}\nEdit it again, or answer n.`);
    }
  }
}

function parsed(text: string): Plan {
  return parsePlanText(text, { name: 'as edited' });
}

/** The plan to decide on: each task, its agent and its dependencies. */
export function planLines({ goal, tasks }: Plan, width: number): string[] {
  const columns = [
    { title: 'TASK', shrinks: true },
    { title: 'AGENT', shrinks: true },
    { title: 'AFTER', shrinks: true },
    { title: 'PROMPT', shrinks: true },
  ];
  const rows = tasks.map(({ id, agent = '', dependsOn = [], prompt }) => [
    oneLine(id),
    oneLine(agent),
    oneLine(dependsOn.join(', ')),
    oneLine(prompt),
  ]);
  const about = goal === undefined ? '' : `: ${oneLine(goal)}`;
  return [`A plan of ${counted(tasks.length, 'task')}${about}`, ...tableLines(columns, rows, width)];
}
