/**
 * What a spectator gave to be called, so that it hurts nobody: what it throws, or rejects with when it is async, is passed
 * to `onFault`.
 */
export function guardedCall<A extends unknown[]>(
  call: ((...args: A) => unknown) | undefined,
  onFault: (error: unknown) => void,
): ((...args: A) => void) | undefined {
  if (!call) return undefined;
  // Once: a fault is told as an event, at which one that always rejects would reject again, for ever.
  let hasRejected = false;
  const onRejected = (error: unknown) => {
    if (!hasRejected) onFault(error);
    hasRejected = true;
  };
  return (...args) => {
    try {
      const returned = call(...args);
      if (returned instanceof Promise) returned.catch(onRejected);
    } catch (error) {
      onFault(error);
    }
  };
}
