import type { Issue } from '../errors/soar-error.ts';
import type { LocatedIssue } from '../errors/zod-issues.ts';
import { quoted } from '../text/foreign-text.ts';
import { type CheckOptions, checkedPlan } from './check-plan.ts';
import { planError } from './plan-error.ts';
import type { Plan } from './types.ts';

/** A plan file as data, before anything in it is checked. */
export interface PlanSource {
  /** Content of the file, as plain data. */
  value: unknown;
  /** Line (1-based) of a part of `value`, or of the nearest part above it; null when unknown. */
  lineOf(at: readonly PropertyKey[]): number | null;
  /** Faults of the file's own syntax that leave the rest readable. Each has its line. */
  faults: readonly LineFault[];
  /** Sentences for the user about a valid plan, such as a list that states no order. */
  notes: readonly string[];
}

/** A fault in a text, by its line. */
export interface LineFault extends Issue {
  /** 1-based; 0 for the whole text. */
  line: number;
  /** 1-based. */
  column?: number;
}

/** A fault on a line; its message does not repeat the line. */
export function lineFault(line: number, message: string, code: string, taskId?: string | null): LineFault {
  return { line, path: `line ${line}`, message, code, ...(taskId ? { taskId } : {}) };
}

/**
 * The plan of a file: its form and what its tasks say of each other are checked in one pass.
 *
 * @throws SoarError `invalid-plan` with every fault in the order of its lines.
 */
export function planOf(
  source: PlanSource,
  name: string | undefined,
  options: CheckOptions | ((plan: Plan) => CheckOptions) = {},
): Plan {
  const { plan, issues } = checkedPlan(source.value, options);
  const found = [...source.faults, ...issues.map((issue) => located(issue, source))];
  if (found.length === 0) return plan;
  const ordered = found.toSorted((a, b) => a.line - b.line);
  throw planError(ordered.map(lineMessage), { name });
}

function located({ at, ...issue }: LocatedIssue, { lineOf }: PlanSource): LineFault {
  return { ...issue, line: lineOf(at) ?? 0 };
}

/** The fault as it is reported: `Line 7: … (task `b`)`. The task is left out where the message names it. */
export function lineMessage({ line, column, ...issue }: LineFault): Issue {
  const { taskId, message } = issue;
  const task = taskId && !message.includes(`${quoted(taskId)}`) ? ` (task ${quoted(taskId)})` : '';
  const place = line > 0 ? `Line ${line}${column === undefined ? '' : `, column ${column}`}: ` : '';
  return { ...issue, message: `${place}${message}${task}` };
}
