import type * as z from 'zod/v4/mini';
import { quoted } from '../text/foreign-text.ts';
import { didYouMean } from './nearest.ts';
import { showValue } from './show-value.ts';
import type { Issue } from './soar-error.ts';

type ZodIssue = z.core.$ZodIssue;

/** An issue with its path in parts, for those who can say where in a text it stands. */
export type LocatedIssue = Issue & { at: readonly PropertyKey[] };

/** Name of the checked value, for issues that concern the whole of it. */
export interface Checked {
  /** `The plan`, `The policy`, … */
  subject: string;
  value: unknown;
}

/** Zod's issues as sentences of the form "Expected `x` to be …, got `v` (type)". */
export function toIssues(issues: readonly ZodIssue[], checked: Checked): LocatedIssue[] {
  return issues.flatMap((issue) => issuesOf(issue, [], checked));
}

function issuesOf(issue: ZodIssue, above: readonly PropertyKey[], checked: Checked): LocatedIssue[] {
  const at = [...above, ...issue.path];
  const value = valueAt(checked.value, at);
  if (issue.code === 'invalid_union') {
    // What is wrong with the one of several forms that was meant, by its type.
    const meant = issue.errors.find(
      (errors) => errors.length > 0 && !errors.some((one) => isOfAnotherType(one, value)),
    );
    if (meant) return meant.flatMap((one) => issuesOf(one, at, checked));
  }
  const path = pathText(at);
  const name = path === '' ? checked.subject : quoted(path);
  if (issue.code === 'unrecognized_keys') {
    const { known = [] } = JSON.parse(issue.message) as { known?: string[] };
    return issue.keys.map((key) => {
      const message = `Unknown key ${quoted(key)} in ${lowerFirst(name)}.${didYouMean(key, known)}`;
      return { path, at: [...at, key], code: 'unknown-key', message };
    });
  }
  return [{ path, at, ...describe(issue, name, value) }];
}

function isOfAnotherType(issue: ZodIssue, value: unknown): boolean {
  if (issue.path.length > 0) return false;
  if (issue.code === 'invalid_value')
    return typeof value !== 'string' || issue.values.every((one) => typeof one !== 'string');
  return issue.code === 'invalid_type' && !(issue.expected === 'number' && typeof value === 'number');
}

function describe(issue: ZodIssue, name: string, value: unknown): { message: string; code: string } {
  if (issue.code === 'custom') {
    const code = typeof issue.params?.code === 'string' ? issue.params.code : 'invalid-value';
    return { code, message: `Expected ${lowerFirst(name)} ${issue.message}, got ${showValue(value)}.` };
  }
  if (issue.code === 'invalid_key') {
    const expected = [...new Set(issue.issues.map(expectedOf))].join(' and ');
    const message = `Expected the key of ${lowerFirst(name)} to be ${expected}, got ${showValue(issue.path.at(-1))}.`;
    return { code: 'invalid-value', message };
  }
  const known = knownValues(issue);
  if (typeof value === 'string' && known.length > 0) {
    const expected = `Expected ${lowerFirst(name)} to be ${oneOf(known)}, got ${showValue(value)}.`;
    return { code: 'invalid-value', message: `${expected}${didYouMean(value, known)}` };
  }
  const expected = expectedOf(issue);
  if (value === undefined) return { code: 'missing', message: `${name} is missing; expected ${expected}.` };
  const code = issue.code === 'invalid_type' || issue.code === 'invalid_union' ? 'wrong-type' : 'invalid-value';
  return { code, message: `Expected ${lowerFirst(name)} to be ${expected}, got ${showValue(value)}.` };
}

/** The words that would have been right. */
function knownValues(issue: ZodIssue): string[] {
  if (issue.code === 'invalid_value') return issue.values.map(String);
  return issue.code === 'invalid_union' && 'options' in issue && Array.isArray(issue.options)
    ? issue.options.map(String)
    : [];
}

function expectedOf(issue: ZodIssue): string {
  const known = knownValues(issue);
  if (known.length > 0) return oneOf(known);
  switch (issue.code) {
    case 'invalid_type':
      if (issue.expected === 'number') return 'a finite number';
      return issue.expected === 'int' ? 'a whole number' : withArticle(issue.expected);
    case 'too_small':
      if (issue.origin === 'string') return 'a text that is not empty';
      if (issue.origin === 'array') return 'a list that is not empty';
      return issue.inclusive ? `${issue.minimum} or more` : `more than ${issue.minimum}`;
    case 'too_big':
      return `${issue.maximum} or less`;
    case 'invalid_union':
      return [...new Set(issue.errors.flatMap((errors) => errors.map(expectedOf)))].join(' or ');
    default:
      return 'valid';
  }
}

function oneOf(values: readonly string[]): string {
  return values.length === 1 ? `\`${values[0]}\`` : `one of ${values.map((value) => `\`${value}\``).join(', ')}`;
}

function withArticle(type: string): string {
  if (type === 'record') return 'an object';
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

function lowerFirst(name: string): string {
  return name.startsWith('The ') ? `the ${name.slice(4)}` : name;
}

/** `tasks[2].dependsOn[0]` */
export function pathText(at: readonly PropertyKey[]): string {
  let text = '';
  for (const key of at) {
    if (typeof key === 'number') text += `[${key}]`;
    else if (/^[\w$-]+$/.test(String(key))) text += text === '' ? String(key) : `.${String(key)}`;
    else text += `[${JSON.stringify(String(key))}]`;
  }
  return text;
}

function valueAt(value: unknown, at: readonly PropertyKey[]): unknown {
  let here = value;
  for (const key of at) {
    if (typeof here !== 'object' || here === null) return undefined;
    here = (here as Record<PropertyKey, unknown>)[key];
  }
  return here;
}
