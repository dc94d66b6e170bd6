import { loadConfig } from '../node/config/config.ts';
import { checkAgents, type DoctorReport } from '../node/tools/doctor.ts';
import type { SelfTest } from '../node/tools/self-test.ts';
import { escaped, oneLine } from '../text/foreign-text.ts';
import { enter } from './files.ts';
import { formatDollars, formatDuration } from './format.ts';
import { type Paint, paintFor } from './paint.ts';
import { print, printJson, say } from './stdout.ts';
import { type Column, tableLines } from './table.ts';
import { columnsOf } from './terminal-width.ts';
import { chosenAgent, toolChoice } from './tool-agent.ts';

export interface DoctorFlags {
  json?: boolean;
  config?: string;
  cwd?: string;
  selfTest?: boolean;
}

/** A report, and whether an agent of the configuration is meant rather than a tool one could use. */
export type AgentReport = Omit<DoctorReport, 'kind'> & { kind: DoctorReport['kind'] | 'function'; configured: boolean };

/**
 * `soar doctor`: which agents can be started here. The exit code is 1 when an agent of the configuration (or `SOAR_TOOL`)
 * cannot; unused tools may be missing.
 */
export async function doctorCommand(flags: DoctorFlags): Promise<number> {
  enter(flags.cwd);
  const config = await loadConfig({ path: flags.config, cwd: process.cwd() });
  const live = Object.keys(config.agents);
  const known = { ...Object.fromEntries(live.map((id) => [id, 'function' as const])), ...config.specs };
  const chosen = chosenAgent(toolChoice({}, process.env), undefined, known);
  const specs = { ...config.specs, ...(chosen ? { [chosen.id]: chosen.spec } : {}) };
  if (flags.selfTest) {
    say('Asking every tool and model that is there for one word; that may cost money.');
  }
  const checked = await checkAgents(specs, { selfTest: flags.selfTest === true });
  const reports: AgentReport[] = [
    ...live.map((id) => functionReport(id, config.path)),
    ...checked.map((report) => ({ ...report, configured: Object.hasOwn(specs, report.id) })),
  ];
  if (flags.json) printJson(JSON.stringify(reports));
  else print(`${doctorLines(reports, config.path, columnsOf(process.stdout), paintFor(process.stdout)).join('\n')}\n`);
  return reports.some(({ configured, ok }) => configured && !ok) ? 1 : 0;
}

function functionReport(id: string, path: string | null): AgentReport {
  return {
    id,
    kind: 'function',
    program: path ?? '',
    path,
    version: null,
    ok: true,
    hint: null,
    configured: true,
  };
}

const COLUMNS: readonly Column[] = [
  { title: ' ' },
  { title: 'agent' },
  { title: 'kind' },
  { title: 'program', shrinks: true },
  { title: 'version', shrinks: true },
];

export function doctorLines(
  reports: readonly AgentReport[],
  configPath: string | null,
  width: number,
  paint: Paint,
): string[] {
  const configured = reports.filter((report) => report.configured);
  const others = reports.filter((report) => !report.configured);
  const head =
    configured.length > 0
      ? `Agents configured${configPath === null ? '' : ` in ${escaped(configPath)}`}:`
      : 'No agent is configured; `soar ask` uses the built-in offline agents.';
  return [
    head,
    ...(configured.length > 0 ? tableOf(configured, width, paint) : []),
    '',
    'Tools that could be used with --tool:',
    ...tableOf(others, width, paint),
  ];
}

function answered({ answer, usage, durationMs }: SelfTest): string {
  const tokens = usage?.totalTokens === undefined ? '' : `, ${usage.totalTokens} tokens`;
  const cost = usage?.costUsd === undefined ? '' : `, ${formatDollars(usage.costUsd)}`;
  return `answered "${oneLine(answer ?? '')}" after ${formatDuration(durationMs)}${tokens}${cost}`;
}

function tableOf(reports: readonly AgentReport[], width: number, paint: Paint): string[] {
  const rows = reports.map(({ ok, id, kind, path, program, version }) => {
    return [ok ? '✓' : '✗', id, kind, path ?? program, version ?? '–'];
  });
  const [titles = '', ...lines] = tableLines(COLUMNS, rows, width);
  return [
    paint('dim', titles),
    ...lines.flatMap((line, i) => {
      const { ok = true, hint = null, selfTest } = reports[i] ?? {};
      const marked = paint(ok ? 'green' : 'red', line.slice(0, 1)) + line.slice(1);
      const notes = [...(selfTest?.ok ? [answered(selfTest)] : []), ...(hint === null ? [] : [oneLine(hint)])];
      return [marked, ...notes.map((note) => paint('dim', `   ${note}`))];
    }),
  ];
}
