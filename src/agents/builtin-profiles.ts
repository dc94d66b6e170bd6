/** Facts about the built-in agent, apart from its code: in browsers that is loaded when it is wanted. */
export const BUILTIN_PROFILES = {
  extract: {
    description: 'Shows the passages that match a question, with their places; works without a model.',
    capabilities: ['answer', 'extract', 'quote', 'read'],
  },
};
