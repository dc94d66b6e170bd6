/** Messages of a system that lacks a process, a file handle, memory or room, or a program is just being written. */
const SHORTAGES: ReadonlySet<unknown> = new Set(['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM', 'ENOSPC', 'ETXTBSY']);

const DEEPEST_CAUSE = 5;

/**
 * Whether a failure is a shortage of this machine that may pass: a system error of such a code, thrown or in the chain of
 * causes. Never throws.
 */
export function isShortage(thrown: unknown): boolean {
  try {
    let error = thrown;
    for (let depth = 0; depth < DEEPEST_CAUSE && typeof error === 'object' && error !== null; depth += 1) {
      const { code, syscall, cause } = error as { code?: unknown; syscall?: unknown; cause?: unknown };
      if (typeof syscall === 'string' && SHORTAGES.has(code)) return true;
      error = cause;
    }
  } catch {
    // A getter of foreign code.
  }
  return false;
}
