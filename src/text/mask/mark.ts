/** Stands for a secret that has no name, or that the environment does not have any more. */
export const MASKED = '«masked»';

/** Shortest value that is masked for its name or wherever it stands; a shorter one would blot out ordinary words. */
export const SHORTEST_SECRET = 8;

/** Stands for the value of a variable, and names it. */
export function markOf(name: string): string {
  return `«masked:${name}»`;
}

/** Takes secrets out of a text. */
export type Mask = (text: string) => string;

/** A piece of a text that is a secret; `name`: of the variable that has it. */
export interface SecretSpan {
  start: number;
  end: number;
  name: string | null;
  /** Where the words begin that make it a secret, such as a name. Default: `start`. */
  from?: number;
}
