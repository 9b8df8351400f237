/** `@heed/sdk`: may this person's data be used for this purpose, answered in the platform team's own process. */
export { Heed, STALENESS_MS, type HeedOptions, type HeedStatus } from './heed.js';
export { isUnknowing, type Decision, type MayOptions, type Reason } from './decision.js';
export { byEmail, byUserId, type Subject, type SubjectIdentifier } from './subject.js';
export { Conflict, Forbidden, HeedError, Malformed, Refused, Stale, Unauthenticated, Unavailable } from './errors.js';
export type { Credentials } from './http/tokens.js';
export type { ConsentGiven, ConsentWithdrawn, IngressEvent, Published, RequestSubmitted } from './publish/events.js';
export type { PublishOptions } from './publish/publisher.js';
export { ConsentView } from './state/consent-view.js';
export type { ViewOptions } from './state/view-options.js';
export type { TopicRecord } from './state/records.js';
