import { parseDuration } from '@heed/policy';
import type { PolicyPack } from '@heed/policy';
import { LONGEST_TOKEN_SECONDS } from './clients.js';

/** How long an access token of a tenant may live, in seconds. */
export function tokenSecondsOf(pack: PolicyPack): number {
  const allowed = parseDuration(pack.security.accessTokenTtl.value);
  if (allowed.kind === 'business_days' || allowed.years + allowed.months + allowed.weeks + allowed.days > 0) return LONGEST_TOKEN_SECONDS;
  return Math.max(1, Math.min(LONGEST_TOKEN_SECONDS, (allowed.hours * 60 + allowed.minutes) * 60 + allowed.seconds));
}
