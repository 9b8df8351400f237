import { randomBytes } from 'node:crypto';

/**
 * A prefix for topics and groups that no other spec file uses, ending in a dot.
 *
 * @example const topic = `${freshTopicPrefix()}heed.consent.events.v1`;
 */
export function freshTopicPrefix(): string {
  return `t${randomBytes(5).toString('hex')}.`;
}
