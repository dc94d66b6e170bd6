/**
 * Guards a user's callback, so that it harms no run: an error that it throws, or rejects with when it is async, is passed
 * to `onFault`.
 */
export function guardedCall<A extends unknown[]>(
  call: ((...args: A) => unknown) | undefined,
  onFault: (error: unknown) => void,
): ((...args: A) => void) | undefined {
  if (!call) return undefined;
  // Once: a fault becomes an event, at which a callback that always rejects would reject again, for ever.
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
