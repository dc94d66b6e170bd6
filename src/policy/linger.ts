/** Time an agent that has stated its end may take to leave. Instants are epoch milliseconds. */
export interface Linger {
  /** Its statement, or the last work after it: text or progress. */
  workedAt: number;
  /** Its last event of any kind. */
  heardAt: number;
}

/** Default of `policy.termination.lingerMs`; also for runs recorded before the setting existed. */
export const LINGER_MS = 5000;
/** Signs of life alone, without work, prolong the time to this many times `lingerMs`. */
const MOST_LINGERS = 12;

/** When an agent that has stated its end is asked to stop: `lingerMs` after its last event, bounded when nothing but signs of life come. */
export function lingerEndsAt({ workedAt, heardAt }: Linger, lingerMs: number | undefined): number {
  const ms = lingerMs ?? LINGER_MS;
  return Math.min(heardAt + ms, workedAt + MOST_LINGERS * ms);
}
