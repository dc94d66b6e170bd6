import { SoarError } from '../errors/soar-error.ts';
import { BAD_INPUT } from './exit-code.ts';

const HEADINGS: Partial<Record<SoarError['code'], string>> = {
  'invalid-options': 'The options are not valid:',
  'invalid-plan': 'The plan is not valid:',
  'invalid-config': 'The configuration is not valid:',
};

/** Most faults listed; a user mends no more at once, and a plan of thousands may have one in each task. */
const MOST_LISTED = 50;

const DELETED = 'error: The working directory does not exist any more. Change to another one, or name one with -C.';

/** Message on stderr and exit code of a failed command. */
export function reportOf(
  thrown: unknown,
  options: { debug?: boolean } = {},
): { lines: readonly string[]; exitCode: number } {
  const stack = options.debug && thrown instanceof Error ? [thrown.stack ?? ''] : [];
  if (SoarError.isInstance(thrown) && thrown.code !== 'internal' && thrown.code !== 'phase-failed') {
    return { lines: [...soarErrorLines(thrown), ...stack], exitCode: BAD_INPUT };
  }
  if ((thrown as NodeJS.ErrnoException | null)?.syscall === 'uv_cwd')
    return { lines: [DELETED, ...stack], exitCode: BAD_INPUT };
  const said = thrown instanceof Error ? thrown.message : String(thrown);
  const hint = options.debug ? [] : ['Set SOAR_DEBUG=1 to see where it happened.'];
  return { lines: [`error: ${said.split('\n')[0]}`, ...hint, ...stack], exitCode: 1 };
}

function soarErrorLines({ code, message, issues }: SoarError): string[] {
  const hints = issues.some((issue) => issue.code === 'no-agent')
    ? ['hint: name an agent for all tasks with --tool, SOAR_TOOL, or `defaults.agent` in the plan or in soar.config.']
    : [];
  if (issues.length < 2) return [`error: ${message}`, ...hints];
  const [first = ''] = message.split('\n');
  const heading = message.includes('\n') ? first : HEADINGS[code];
  if (heading === undefined) return [...issues.map((issue) => `error: ${issue.message}`), ...hints];
  const listed = issues.slice(0, MOST_LISTED).map((issue) => `  ${issue.message}`);
  const more = issues.length > listed.length ? [`  … and ${issues.length - listed.length} more.`] : [];
  return [`error: ${heading}`, ...listed, ...more, ...hints];
}
