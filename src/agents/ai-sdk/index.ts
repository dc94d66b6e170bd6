export { type ModelAgentOptions, modelAgent } from './model-agent.ts';
export type { ModelSettings } from './model-settings.ts';
