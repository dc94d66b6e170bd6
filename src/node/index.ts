export { agentFromSpec, agentsFromSpecs } from './agents-from-spec.ts';
export { type CliAgentOptions, cliAgent } from './cli-agent.ts';
export { type CommandAgentOptions, commandAgent, type ProcessResult } from './command-agent.ts';
export { CONFIG_ENDINGS, defineConfig, type LoadedConfig, loadConfig, type SoarConfig } from './config.ts';
export { createSoar, type NodeSoarOptions } from './create-soar.ts';
export { checkAgents, type DoctorOptions, type DoctorReport } from './doctor.ts';
export { killLiveProcesses, type LiveProcess, liveProcesses } from './live-processes.ts';
export { createFileRetriever, type FileRetrieverOptions } from './retrieve.ts';
