import { type Command, InvalidArgumentError, Option } from 'commander';
import type { OnDependencyFailure, Schedule } from '../plan/types.ts';
import type { Budget } from '../policy/budget.ts';
import { quoted } from '../text/foreign-text.ts';
import { addStateFlag, type StateFlags } from './state.ts';

/** Common flags of `run` and `ask`, as commander gives them. */
export interface RunFlags extends StateFlags {
  json?: boolean;
  jsonl?: boolean;
  policy?: string;
  maxConcurrent?: number;
  /** Milliseconds. */
  stagger?: number;
  schedule?: Schedule;
  onDependencyFailure?: OnDependencyFailure;
  retries?: number;
  cache?: boolean;
  /** `false`: none. */
  fallback?: string | false;
  tool?: string;
  model?: string;
  /** Milliseconds. */
  timeout?: number;
  budget?: Budget;
  config?: string;
  cwd?: string;
  /** File the trace goes to. */
  trace?: string;
  /** Serve the run to Stately's inspector; or the WebSocket URL of one. */
  inspect?: true | string;
  quiet?: boolean;
  /** `run` only. */
  dryRun?: boolean;
  /** `ask` only: a person decides on the plan. */
  approve?: boolean;
  /** `ask` and `plan` only. */
  context?: string[];
}

const UNITS: Readonly<Record<string, number>> = { '': 1, ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000 };

/** `600000`, `600000ms`, `600s`, `10m` or `1h` in milliseconds. */
export function parseDuration(text: string): number {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim()) ?? [];
  const factor = UNITS[unit.toLowerCase()];
  if (amount === undefined || factor === undefined) {
    throw new InvalidArgumentError('Expected milliseconds, or a time with its unit such as 500ms, 60s, 10m or 1h.');
  }
  return Math.round(Number(amount) * factor);
}

function parseLimit(text: string): number {
  const ms = parseDuration(text);
  if (ms === 0) throw new InvalidArgumentError('Expected more than 0 milliseconds.');
  return ms;
}

export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    if (!/^\d+$/.test(text.trim()) || Number(text) < least || Number(text) > most) {
      const range = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `from ${least} to ${most}`;
      throw new InvalidArgumentError(`Expected a whole number, ${range}.`);
    }
    return Number(text);
  };
}

/** `time=10m,attempts=20,tokens=100000,cost=1.50`; several `--budget` add up. */
export function parseBudget(text: string, before: Budget = {}): Budget {
  const budget = { ...before };
  for (const part of text.split(',')) {
    const [, name, value = ''] = /^(\w+)\s*=\s*(\S.*)$/.exec(part.trim()) ?? [];
    if (name === 'time' || name === 'timeMs') budget.timeMs = parseDuration(value);
    else if (name === 'attempts') budget.attempts = wholeNumber(0)(value);
    else if (name === 'tokens') budget.tokens = wholeNumber(0)(value);
    else if (name === 'cost' || name === 'costUsd') budget.costUsd = parseDollars(value);
    else {
      throw new InvalidArgumentError(
        `Expected time=<ms|10m>, attempts=<n>, tokens=<n> or cost=<US dollars>, with commas between, got ${quoted(part.trim())}.`,
      );
    }
  }
  return budget;
}

/** The URL of an inspector's page or of its WebSocket server. */
export function parseInspect(text: string): string {
  if (/^(?:https?|wss?):\/\//.test(text) && URL.canParse(text)) return text;
  throw new InvalidArgumentError(
    `Expected an http:// or ws:// URL, or none. What follows belongs to the flag: put the flag last, or -- after it.`,
  );
}

/** `1.50` or `$1.50`. */
function parseDollars(text: string): number {
  const [, amount] = /^\$?(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (amount === undefined) throw new InvalidArgumentError('Expected US dollars, such as cost=1.50.');
  return Number(amount);
}

function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

/** Flags that say which agents there are. */
export function addAgentFlags(command: Command): Command {
  return command
    .addOption(new Option('--tool <name>', 'a CLI agent as the default agent: claude, codex, gemini, … (SOAR_TOOL)'))
    .addOption(
      new Option(
        '--model <name>',
        'the model of that tool, or one by address: http://127.0.0.1:11434/v1#llama3.2 (SOAR_MODEL)',
      ),
    )
    .addOption(new Option('--fallback <agent>', 'the agent that takes over when another is exhausted or blocked'))
    .addOption(new Option('--no-fallback', 'no fallback, even if the plan or configuration names one'));
}

/** Flags every command has that reads a configuration. */
export function addPlaceFlags(command: Command): Command {
  return command
    .addOption(
      new Option('--config <file>', 'configuration file; default: soar.config.{ts,js,json,yaml} in this directory'),
    )
    .addOption(cwdFlag());
}

/** Lets every command take the flags of place, so that a wrapper may always pass them. */
export function addEverywhere(command: Command): void {
  const has = (long: string) => command.options.some((option) => option.long === long);
  if (!has('--cwd')) command.addOption(cwdFlag().hideHelp());
  if (!has('--config')) command.addOption(new Option('--config <file>').hideHelp());
  if (!has('--state-dir')) command.addOption(new Option('--state-dir <dir>').hideHelp());
}

export function cwdFlag(): Option {
  return new Option('-C, --cwd <dir>', 'work in this directory');
}

/** Files for `ask` and `plan`. */
export function addContextFlag(command: Command): Command {
  return command.addOption(new Option('--context <file>', 'a file to read first; repeatable').argParser(collect));
}

/** Flags of `resume`: what a run was given stays as it was. */
export function addResumeFlags(command: Command): Command {
  command
    .addOption(new Option('--json', 'the result as one JSON object on stdout').conflicts('jsonl'))
    .addOption(new Option('--jsonl', 'every event as a line of JSON on stdout, the result last'))
    .addOption(
      new Option(
        '--timeout <ms>',
        'a new limit for the whole run, counted from now, in milliseconds or as 60s, 10m, 1h',
      ).argParser(parseLimit),
    );
  addWatchFlags(command);
  addPlaceFlags(command);
  return addStateFlag(command).addOption(new Option('-q, --quiet', 'no progress on stderr'));
}

function addWatchFlags(command: Command): Command {
  return command
    .addOption(new Option('--trace <file>', 'record a trace to this file, for `soar view`'))
    .addOption(
      new Option(
        '--inspect [url]',
        "show the run in Stately's inspector, or in the one at this http:// URL; or send it to the server at this ws:// URL",
      ).argParser(parseInspect),
    );
}

/** Flags of `run` and `ask`. A flag wins over the environment, the plan and the configuration. */
export function addRunFlags(command: Command): Command {
  command
    .addOption(new Option('--json', 'the result as one JSON object on stdout').conflicts('jsonl'))
    .addOption(new Option('--jsonl', 'every event as a line of JSON on stdout, the result last'));
  addAgentFlags(command)
    .addOption(new Option('--policy <name>', 'default, production, fastFail, patient, development or test'))
    .addOption(new Option('--max-concurrent <n>', 'most attempts running at once').argParser(wholeNumber(1)))
    .addOption(new Option('--retries <n>', 'retries after the first attempt').argParser(wholeNumber(0)))
    .addOption(
      new Option('--timeout <ms>', 'limit for the whole run, in milliseconds or as 60s, 10m, 1h').argParser(parseLimit),
    )
    .addOption(
      new Option(
        '--budget <k=v,…>',
        'upper bounds: time=10m, attempts=20, tokens=100000, cost=1.50 (US dollars)',
      ).argParser(parseBudget),
    )
    .addOption(
      new Option('--stagger <ms>', 'gap between any two starts, in milliseconds or as 2s').argParser(parseDuration),
    )
    .addOption(
      new Option(
        '--schedule <name>',
        'wave: start a task with its wave; eager: once its dependencies have settled',
      ).choices(['wave', 'eager']),
    )
    .addOption(
      new Option(
        '--on-dependency-failure <what>',
        "what dependents of a failed task do; default: skip in a plan, proceed in a question; a task's own rule wins",
      ).choices(['proceed', 'skip', 'abort']),
    )
    .addOption(new Option('--cache', 'run identical tasks once, and reuse answers of earlier runs'))
    .addOption(new Option('--no-cache', 'reuse nothing, even if the plan or configuration says so'));
  addWatchFlags(command);
  addPlaceFlags(command);
  addStateFlag(command).addOption(new Option('--no-journal', 'do not record the run; it cannot be resumed'));
  return command.addOption(new Option('-q, --quiet', 'no progress on stderr'));
}
