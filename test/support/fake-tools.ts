import { delimiter, join, resolve } from 'node:path';

export const FAKE_TOOLS = resolve(import.meta.dirname, '../../examples/fake-tools');

/** A PATH on which the stand-ins come first, and then a Node that runs them. */
export function pathWithFakes(): string {
  const bin = join(import.meta.dirname, '../../node_modules/.bin');
  return [FAKE_TOOLS, bin, process.env.PATH].join(delimiter);
}
