/** Codes of the waits of a task. */
export const WAITS = ['gap', 'slot', 'lock', 'cooling', 'circuit', 'backoff', 'person', 'duplicate'] as const;

/** Why a task waits: a code, a sentence without its subject, and the end of the wait where it is known. */
export interface Wait {
  waitingFor: (typeof WAITS)[number];
  /** Such as "waits for one of 4 slots". */
  reason: string;
  /** When the wait ends by itself, epoch milliseconds. Absent: when others end. */
  until?: number;
}
