/** Calls a function in the async context that it stands for, and gives what the function returns. */
export type Within = <R>(call: () => R) => R;

interface AsyncHooks {
  AsyncLocalStorage: { snapshot?(): Within };
}

const direct: Within = (call) => call();

/** Browsers have no async context, and nothing of Node is imported for it. */
const snapshot = (
  globalThis as { process?: { getBuiltinModule?(id: string): AsyncHooks | undefined } }
).process?.getBuiltinModule?.('node:async_hooks')?.AsyncLocalStorage.snapshot;

/** The innermost context entered in this call stack. */
let current: Within = direct;

/**
 * Keeps the async context of its caller: the stores of every `AsyncLocalStorage`, and with them the active OpenTelemetry
 * span. Costs some microseconds, so it is called once a run or subscription; entering it costs a fraction of one.
 */
export function captureContext(): Within {
  if (!snapshot) return direct;
  const enter = snapshot();
  const within: Within = (call) => {
    const outer = current;
    current = within;
    try {
      return enter(call);
    } finally {
      current = outer;
    }
  };
  return within;
}

/** The context entered last, for work that runs later, such as a timer. Free, unlike {@link captureContext}. */
export function currentContext(): Within {
  return current;
}
