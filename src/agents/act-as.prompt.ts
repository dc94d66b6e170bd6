import type { AdHocAgentSpec } from '../plan/types.ts';

/** The prompt of a task, for an agent that plays a part. */
export function actAsPrompt({ role, description }: AdHocAgentSpec, prompt: string): string {
  const does = description ? ` ${description.trim().replace(/([^.!?])$/, '$1.')}` : '';
  return `Act as: ${role.trim()}.${does}\nGive the complete result in your answer, and say what you could not find out.\n\n${prompt}`;
}
