import type { AgentSpec } from '../plan/types.ts';
import { escaped } from '../text/foreign-text.ts';

/** `0.4 s`, `12.3 s`, `2 m 05 s`, `1 h 02 m`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} m`;
}

/** `12 s`, `5 m`, `3 h`, `4 d`: how long ago something was. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

/** `2026-01-31 18:05:09`, as a clock on the wall here shows it. */
export function localTime(at: number): string {
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')}`;
}

/** `1 task`, `3 tasks`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** `$1.25`, `$0.0042`, `under $0.0001`. */
export function formatDollars(amount: number): string {
  if (amount === 0 || amount >= 0.995) return `$${amount.toFixed(2)}`;
  if (amount < 0.0001) return 'under $0.0001';
  return `$${Number(amount.toPrecision(2))}`;
}

/** A command as one could type it into a shell, on one line: control and format characters stand in `$'…'`. */
export function shellLine(argv: readonly string[]): string {
  return argv.map(shellWord).join(' ');
}

function shellWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  if (escaped(word) === word) return `'${word.replaceAll("'", `'\\''`)}'`;
  return `$'${escaped(word.replaceAll('\\', '\\\\').replaceAll("'", "\\'"))}'`;
}

/** Kind of an agent, in a word or two: `command`, `cli claude`, `model llama3.2`. */
export function agentKind(spec: AgentSpec): string {
  if (spec.kind === 'cli') return `cli ${spec.tool}`;
  return spec.kind === 'model' ? `model ${spec.model}` : 'command';
}
