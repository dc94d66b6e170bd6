const now = Promise.resolve();

/** Calls as the next microtask. Unlike `queueMicrotask`, no fake timers of a test hold it back. */
export function microtask(call: () => void): void {
  now.then(call);
}
