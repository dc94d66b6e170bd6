import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Passage } from '../types/passage.ts';
import type { AgentSpec } from './types.ts';

/** Cache key of a task: everything its agent receives except the task's id. Tasks with one key are the same work. */
export interface Work {
  agentId: string;
  /** With its context. */
  prompt: string;
  /** The task's own text. */
  question: string;
  /** Outputs by task id, whole: the prompt may have cut them. */
  dependencies: Readonly<Record<string, string>>;
  passages?: readonly Passage[];
  query?: string;
  env?: Readonly<Record<string, string>>;
  cwd?: string;
}

/** Short text for each piece of work; the same for the same work alone. */
export function workKey({ agentId, prompt, question, dependencies, passages, query, env, cwd }: Work): string {
  const found = passages?.map(({ path, startLine, endLine, text }) => [path, startLine, endLine, text]);
  const received = [agentId, prompt, question, Object.entries(dependencies), found, query, env && sorted(env), cwd];
  return digest(received.map((part) => part ?? null));
}

/** The key of work whose answer is good beyond its run: what its agent is belongs to it. */
export function lastingKey(key: string, version: string): string {
  return digest([key, version]);
}

/** Names an agent that a plan describes: the same for the same id and description alone, in whatever order that says it. */
export function agentIdentity(id: string, spec: AgentSpec): string {
  const inOrder = (_: string, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(sorted(value)) : value;
  return `${id}#${digest([JSON.stringify(spec, inOrder)]).slice(0, 32)}`;
}

function sorted<T>(members: Readonly<Record<string, T>>): [string, T][];
function sorted(members: object): [string, unknown][];
function sorted(members: object): [string, unknown][] {
  return Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** By a hash, since prompts are long and there may be thousands; collisions would be wrong answers. */
function digest(parts: readonly unknown[]): string {
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify(parts))));
}
