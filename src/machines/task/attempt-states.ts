/** States of an attempt in flight, by the task's own agent or by its fallback. */
export const attemptStates = {
  initial: 'active',
  states: {
    active: {
      on: {
        'attempt.stalled': { guard: 'isCurrent', target: 'stalled' },
        'attempt.stopping': { guard: 'isCurrent', target: 'stopping' },
      },
    },
    stalled: {
      entry: { type: 'announce', params: { state: 'stalled' } },
      on: {
        'attempt.resumed': { guard: 'isCurrent', target: 'active', actions: 'announceResumed' },
        'attempt.stopping': { guard: 'isCurrent', target: 'stopping' },
      },
    },
    stopping: { entry: { type: 'announce', params: { state: 'stopping' } } },
  },
} as const;
