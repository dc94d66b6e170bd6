import { showValue } from '../errors/show-value.ts';
import { SoarError } from '../errors/soar-error.ts';

interface Required {
  /** As it is read after *Expected*: `task: { id, prompt }`. */
  expected: string;
  isGiven: (value: never) => boolean;
}

/** Throws `invalid-options` naming what a machine's actor was created without. */
export function requireInput(machine: string, input: unknown, required: Readonly<Record<string, Required>>): void {
  const given = (input ?? {}) as Record<string, never>;
  const faults = Object.entries(required).flatMap(([name, { expected, isGiven }]) =>
    isGiven(given[name] as never) ? [] : `Expected \`input.${name}\` to be ${expected}, got ${showValue(given[name])}.`,
  );
  if (faults.length === 0) return;
  const how = `Create the actor with it: createActor(${machine}Machine, { input: { ${Object.keys(required).join(', ')} } }).`;
  throw new SoarError('invalid-options', `The machine \`${machine}\` lacks input. ${faults.join(' ')} ${how}`);
}

export const isText = (value: unknown): boolean => typeof value === 'string';
export const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;
