export { createSecretMask, maskShapes, type SecretMask } from '../text/mask/secret-mask.ts';
export { commandAgent } from './command/command-agent.ts';
export type { CommandAgentOptions, ProcessResult } from './command/command-options.ts';
export type { OutputReader, OutputReaderFactory, ProcessLeft } from './command/output-reader.ts';
export { CONFIG_ENDINGS, defineConfig, type LoadedConfig, loadConfig, type SoarConfig } from './config/config.ts';
export { createSoar, type NodeSoarOptions } from './create-soar.ts';
export { killLiveProcesses, type LiveProcess, liveProcesses } from './process/live-processes.ts';
export { createFileRetriever, type FileRetrieverOptions } from './search/retrieve.ts';
export {
  DEFAULT_STATE_DIR,
  existingJournal,
  type SqliteJournalOptions,
  sqliteJournal,
} from './store/sqlite-journal.ts';
export { agentFromSpec, agentsFromSpecs } from './tools/agents-from-spec.ts';
export { type CliAgentOptions, cliAgent } from './tools/cli-agent.ts';
export { checkAgents, type DoctorOptions, type DoctorReport } from './tools/doctor.ts';
export { type JournalSourceOptions, journalSource } from './view/journal-source.ts';
export { type StatelyServer, statelyServer } from './view/stately-server.ts';
export { statelyWebSocket } from './view/stately-websocket.ts';
export { type FileSinkOptions, fileSink } from './view/trace-file.ts';
export { traceFileSource } from './view/trace-file-source.ts';
export { startViewer, type Viewer, type ViewerOptions } from './view/viewer-server.ts';
export { ringSource, type TextParts, type ViewerSource } from './view/viewer-source.ts';
