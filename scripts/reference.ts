import { ERROR_KINDS, type ErrorKind, isPermanent, isRetryable } from '../src/types/error-kind.ts';
import { eventJsonSchema } from './published-schemas.ts';

const NOTE = 'Generated from the code by `npm run docs`.';

interface Schema {
  type?: string | string[];
  const?: unknown;
  enum?: readonly unknown[];
  description?: string;
  properties?: Record<string, Schema>;
  required?: readonly string[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  items?: Schema;
  additionalProperties?: Schema | boolean;
}

const WHEN: Readonly<Record<string, string>> = {
  'run.started': 'A run has begun.',
  'phase.started': 'A phase of a question, or `collect` of a plan, has begun.',
  'phase.completed': 'A phase is over.',
  'phase.note': 'A phase has a note for the user.',
  'plan.proposed': 'The plan of a question waits for approval.',
  'plan.faulty': 'An edited plan was approved and is invalid; the run still waits.',
  'plan.approved': 'A person has approved the plan.',
  'plan.compiled': 'The plan is valid and in waves.',
  'wave.started': 'A wave has begun.',
  'wave.settled': 'All tasks of a wave have settled.',
  'task.state': 'A task has entered a state.',
  'attempt.started': 'An attempt has begun.',
  'attempt.ended': 'An attempt is really over.',
  'attempt.output': 'An agent has written something.',
  'attempt.heartbeat': 'An agent has shown life.',
  'attempt.progress': 'An agent has reported progress.',
  'task.settled': 'A task has its one outcome.',
  'call.settled': 'A call of a phase is over.',
  'run.stopping': 'The run is asked to stop.',
  'run.settled': 'The run is over; the last event.',
  warning: 'Something a reader should know.',
};

/** The page of all events of a run with their fields. */
export function eventsPage(): string {
  const { oneOf = [], anyOf = [] } = eventJsonSchema() as Schema;
  const events = [...oneOf, ...anyOf];
  const rows = events.map(({ properties = {}, required = [] }) => {
    const { type, at: _, runId: __, ...fields } = properties;
    const name = String(type?.const ?? '');
    const when = WHEN[name];
    if (when === undefined) throw new Error(`Say in scripts/reference.ts when the event ${name} happens.`);
    const cells = Object.entries(fields).map(
      ([key, field]) => `\`${key}${required.includes(key) ? '' : '?'}\`${kindOf(field)}`,
    );
    return `| \`${name}\` | ${when} | ${cells.join(', ')} |`;
  });
  return page('Events of a run', [
    'As `events$` emits them, and `--jsonl` prints them, one a line. Each also has `at` (epoch milliseconds in the clock of the run) and',
    '`runId`. The JSON Schema is `soar-machine/event.schema.json`; that of the result is `soar-machine/result.schema.json`.',
    '',
    '| event | when | fields (`?`: may be absent) |',
    '|---|---|---|',
    ...rows,
  ]);
}

function kindOf({ enum: values, type }: Schema): string {
  if (values) return `: ${values.map((value) => `\`${String(value)}\``).join(' ')}`;
  return typeof type === 'string' && type !== 'object' ? ` (${type})` : '';
}

const MEANING: Readonly<Record<ErrorKind, string>> = {
  rate_limited: 'The provider asked to wait; its tasks cool.',
  auth: 'The key or login is missing or invalid.',
  forbidden: 'The login is valid and does not allow this.',
  invalid_model: 'The model does not exist, or is not available.',
  invalid_request: 'The request itself is invalid: prompt, arguments, plan.',
  not_found: 'Something the task names does not exist; a search found nothing.',
  timeout: 'The attempt or the run took too long.',
  idle_timeout: 'The attempt was silent for too long.',
  start_timeout: 'The attempt showed no life after its start.',
  exit: 'The process ended with a code other than 0.',
  spawn: 'The program could not be started.',
  connection: 'The network or the service failed.',
  transient: 'The service is overloaded or failed for a moment.',
  inference: 'The model failed while it answered.',
  empty: 'The agent answered nothing.',
  output_limit: 'The output was larger than its limit.',
  circuit_open: 'The circuit breaker of the agent is open.',
  budget: 'The budget of the run is spent.',
  dependency: 'A task it depends on failed.',
  cancelled: 'A person or the program cancelled it.',
  internal: 'The agent threw something else, or soar-machine itself failed.',
  other: 'A kind of the agent’s own, which the message begins with.',
};

/** The page of all error kinds. */
export function errorKindsPage(): string {
  const next = (kind: ErrorKind) =>
    kind === 'rate_limited'
      ? 'after cooling, without a retry'
      : isRetryable(kind)
        ? 'by a retry'
        : isPermanent(kind)
          ? 'no'
          : 'decided by the run';
  return page('Error kinds', [
    'The kind of a failure decides what happens next. Permanent kinds are not retried, and two in quick succession open the circuit',
    'breaker of the agent.',
    '',
    '| kind | meaning | tried again |',
    '|---|---|---|',
    ...ERROR_KINDS.map((kind) => `| \`${kind}\` | ${MEANING[kind]} | ${next(kind)} |`),
  ]);
}

/** The page of all keys of the configuration. */
export function configurationPage(schema: object): string {
  const { properties = {} } = schema as Schema;
  return page('Configuration', [
    'Keys of `soar.config.yaml`, `.json`, `.js` or `.ts` in the working directory, or of the file that `--config` names. A flag wins over',
    'the plan, the plan over the environment (`SOAR_TOOL`, `SOAR_MODEL`), the environment over the configuration.',
    '',
    '| key | type | meaning |',
    '|---|---|---|',
    ...Object.entries(properties).map(
      ([key, { type, enum: values, description = '', anyOf }]) =>
        `| \`${key}\` | ${values ? values.map((value) => `\`${String(value)}\``).join(' ') : (type ?? (anyOf ? anyOf.map((one) => one.type ?? 'object').join(' or ') : 'object'))} | ${description} |`,
    ),
  ]);
}

const page = (title: string, lines: readonly string[]) => `# ${title}\n\n${NOTE}\n\n${lines.join('\n')}\n`;
