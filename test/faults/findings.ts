/** What one try of a fault came to. All of it must be 0 and empty. */
export interface Findings {
  /** Tasks of the plan that never settled, or whose announced outcome was not kept. */
  lost: number;
  /** Tasks that ran again after it was announced that they had settled, or that settled twice. */
  repeated: number;
  /** Processes, timers and leases that were left when all was over. */
  leaked: number;
  /** Processes of others that were signalled. */
  bystanders: number;
  /** Whatever else was not as promised, as sentences. */
  faults: string[];
}

export interface Fault {
  id: string;
  /** A sentence for the table. */
  about: string;
  /** How often it is tried in a whole campaign. */
  tries: number;
  /** Tried one after the other: it happens in this process. Default: two at a time. */
  alone?: boolean;
  /** Same seed, same try: exactly where it is simulated, as near as processes allow where it is real. */
  attempt(seed: number): Promise<Findings>;
  /** Why it cannot be tried here; null when it can. */
  unavailable?(): string | null;
}

export function nothing(): Findings {
  return { lost: 0, repeated: 0, leaked: 0, bystanders: 0, faults: [] };
}

export function isClean({ lost, repeated, leaked, bystanders, faults }: Findings): boolean {
  return lost + repeated + leaked + bystanders + faults.length === 0;
}
