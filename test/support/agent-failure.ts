import { AgentError } from '../../src/errors/agent-error.ts';

/** The `AgentError` an agent fails with; throws when it answers, or fails otherwise. */
export async function failureOf(answer: unknown): Promise<AgentError> {
  const thrown = await Promise.resolve(answer).then(
    (said) => new Error(`It answered ${JSON.stringify(said)}.`),
    (error: unknown) => error,
  );
  if (!AgentError.isInstance(thrown)) throw thrown;
  return thrown;
}
