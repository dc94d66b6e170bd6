import { AgentError } from './agent-error.ts';

/** Awaits an `import()`. Throws `connection` when it cannot be loaded, as when a page is offline. */
export async function loadCode<T>(loading: Promise<T>): Promise<T> {
  return await loading.catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `Its code could not be loaded (${why}). See whether the page can reach its own files, and try again.`;
    throw new AgentError('connection', message, { cause });
  });
}
