export { connectorConformance, type ConformanceStore, type TestApi } from './conformance/conformance.js';
export { CommandMaker } from './conformance/commands.js';
export * from './command.js';
export * from './connector.js';
export * from './evidence.js';
export * from './journal.js';
