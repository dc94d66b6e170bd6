import { SHORTEST_SECRET } from './mark.ts';
import { secretKindOf } from './secret-names.ts';

/** Most values that are remembered; a server that runs plans for a year must not grow. */
const MOST = 10_000;

const learned = new Map<string, string | null>();

/** Counts learned secrets, so that masks know when to begin anew. */
export let learnedVersion = 0;

/**
 * Makes every mask of this process know a value: the key that an agent's `apiKeyEnv` names, say. Shorter ones than 8 characters are not
 * learned.
 *
 * @param name Variable of the environment that holds it. Default: none does.
 */
export function learnSecret(value: string | undefined, name: string | null = null): void {
  if (value === undefined || value.length < SHORTEST_SECRET || learned.has(value)) return;
  if (learned.size >= MOST) learned.delete(learned.keys().next().value as string);
  learned.set(value, name);
  learnedVersion += 1;
}

/** The same for those members of an `env` or of `headers` whose names speak of secrets. */
export function learnSecrets(members: Readonly<Record<string, string | undefined>> | undefined): void {
  for (const [name, value] of Object.entries(members ?? {})) {
    if (secretKindOf(name) !== null) learnSecret(value);
  }
}

export function learnedSecrets(): ReadonlyMap<string, string | null> {
  return learned;
}
