/** A length of time as people read it: `340 ms`, `1.25 s`, `2 m 05 s`, `1 h 02 m`. */
export function spanText(ms: number): string {
  if (!Number.isFinite(ms)) return '';
  // Below 0 only where the clock was set back in between.
  const size = Math.max(0, ms);
  if (size < 1000) return `${Math.round(size)} ms`;
  if (size < 10_000) return `${(size / 1000).toFixed(2)} s`;
  if (size < 60_000) return `${(size / 1000).toFixed(1)} s`;
  const seconds = Math.floor(size / 1000);
  const minutes = Math.floor(seconds / 60);
  const two = (n: number) => String(n).padStart(2, '0');
  if (minutes < 60) return `${minutes} m ${two(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} m`;
}

/** Time since the beginning, in a form whose width stays: `0:07.250`. */
export function clockText(ms: number): string {
  const whole = Math.max(0, Math.round(ms));
  const minutes = Math.floor(whole / 60_000);
  const seconds = Math.floor(whole / 1000) % 60;
  const hours = Math.floor(minutes / 60);
  const rest = `${String(seconds).padStart(2, '0')}.${String(whole % 1000).padStart(3, '0')}`;
  return hours > 0 ? `${hours}:${String(minutes % 60).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}

/** Round distances for the marks of an axis, so that about `most` of them fit. */
export function tickStep(span: number, most: number): number {
  const rough = span / Math.max(1, most);
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 15e3, 3e4, 6e4, 12e4, 3e5, 6e5, 18e5, 36e5];
  return steps.find((step) => step >= rough) ?? Math.ceil(rough / 36e5) * 36e5;
}

/** A mark of an axis, no longer than it needs to be. */
export function tickText(ms: number, step: number): string {
  if (ms === 0) return '0';
  if (step < 1000 && ms < 1000) return `${ms} ms`;
  if (ms < 60_000) return `${step < 1000 ? (ms / 1000).toFixed(step < 100 ? 2 : 1) : ms / 1000} s`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = (ms % 60_000) / 1000;
  return `${minutes}:${String(step < 1000 ? seconds.toFixed(1) : Math.round(seconds)).padStart(step < 1000 ? 4 : 2, '0')}`;
}

export const tokensText = (count: number): string => count.toLocaleString('en');

/** US dollars, with as many places as a small sum needs. */
export function moneyText(usd: number): string {
  return `$${usd >= 1 || usd === 0 ? usd.toFixed(2) : Number(usd.toPrecision(2))}`;
}
