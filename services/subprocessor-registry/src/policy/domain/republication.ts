import { conflict } from '@heed/kernel';
import type { PolicyPack } from '@heed/policy';
import { effectiveDate } from './effective-date.js';

/** The version that stands, and the wish to publish the same policy once more. */
export interface Republication {
  readonly version: number;
  readonly state: 'announced' | 'active' | 'superseded';
  readonly publishedAt: Date;
  readonly announcedFor: Date;
  readonly effectiveFrom: Date;
  readonly material: boolean;
  /** The policy whose promises its notice was given under. */
  readonly rules: PolicyPack;
  /** When the version before takes effect. */
  readonly notBefore: Date;
  readonly asked: Date | undefined;
  readonly now: Date;
}

/**
 * The same policy again changes nothing, and nobody may believe that it did: another date than the one people were told
 * is no new version and moves nothing.
 * @throws HeedError `policy_already_announced`, `policy_already_in_force`; for a date that no version could have had
 *   what `effectiveDate` throws
 */
export function republish(wish: Republication): void {
  const { version, state, asked, now, effectiveFrom } = wish;
  if (!asked || isItsDate(wish, asked)) return;
  if (state !== 'announced') {
    throw conflict('policy_already_in_force', `Version ${version} is this policy and in force since ${effectiveFrom.toISOString()}; its date cannot be moved.`);
  }
  effectiveDate({ asked, now, inForce: wish.rules, material: wish.material, notBefore: wish.notBefore });
  throw conflict(
    'policy_already_announced',
    `Version ${version} is this policy and announced for ${effectiveFrom.toISOString()}; people were told that date, so it cannot be moved. Leave the date out, or publish a changed pack.`,
  );
}

/** A date in the past meant "now" when the version was published. */
function isItsDate({ publishedAt, announcedFor, effectiveFrom }: Republication, asked: Date): boolean {
  const meant = Math.max(asked.getTime(), publishedAt.getTime());
  return meant === announcedFor.getTime() || meant === effectiveFrom.getTime();
}
