export { startEmbeddedServers, type EmbeddedServers } from './embedded-servers.js';
export { eventProbe, type EventProbe } from './event-probe.js';
export { eventually, type EventuallyOptions } from './eventually.js';
export { freshDatabase, type FreshDatabase } from './fresh-database.js';
export { freshTopicPrefix } from './fresh-topic-prefix.js';
export { testIssuer, type TestIssuer, type TestPrincipal } from './test-issuer.js';
export { testServers, type TestServers } from './test-servers.js';
export { VirtualClock } from './virtual-clock.js';
export { ServiceBed, StartedService, testAgentKeys, type Answer, type ServiceBedOptions } from './service-bed.js';
