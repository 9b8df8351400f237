export { mailProcessorBase, writeAgentConfig, type SampleAgentOptions } from './agent-config.js';
export { processorToken } from './mail-processor/credentials.js';
export { mailProcessor, type MailProcessorOptions } from './mail-processor/server.js';
export { samplePeople, seedPeople, type SamplePerson, type SeedOptions } from './seed-people.js';
export { crmMap, mailProcessorMap, telemetryMap } from './stores/maps.js';
export { dropSampleStores, prepareSampleStores, sampleStoresLeft, type SampleStoresOptions } from './stores/prepare.js';
export { storeAdminUrl, storeAgentUrl, storeDatabase, type SampleStore } from './stores/urls.js';
