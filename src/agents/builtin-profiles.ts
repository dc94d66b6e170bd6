/** Facts about the built-in agents, apart from their code: in browsers that is loaded when it is wanted. */
export const BUILTIN_PROFILES = {
  extract: {
    description: 'Answers a question by quoting the passages found for it, with their places; works without a model.',
    capabilities: ['answer', 'extract', 'quote', 'explain', 'read'],
  },
  outline: {
    description:
      'Lists the files that have to do with a question, each with its role in a line; works without a model.',
    capabilities: ['where', 'structure', 'files', 'outline'],
  },
  combine: {
    description: 'Brings the findings of earlier tasks together, without repeating any; works without a model.',
    capabilities: ['combine', 'summary', 'compare', 'synthesis'],
  },
};
