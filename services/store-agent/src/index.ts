export { startAgent, type Agent } from './agent.js';
export { loadAgentConfig, parseAgentFile, type AgentConfig, type AgentEnvironment } from './config/agent.config.js';
export { agentFile, type AgentFile, type StoreConfig } from './config/agent-file.js';
