/**
 * Milliseconds of the processor that this process spends on something. What else the machine does counts for nothing, as it
 * would by the clock.
 */
export function cpuMsOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
